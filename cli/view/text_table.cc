#include "cli/view/text_table.h"

#include <algorithm>

namespace kadende::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLastColumn = 28;  // cells that the last column should have, where it needs them

// The last cells of a text, "…" before them.
std::string Tail(const std::string& text, std::size_t cells) {
  if (cells == 0 || DisplayWidth(text) <= cells) return text;
  std::size_t at = text.size();
  while (at > 0) {
    std::size_t before = at - 1;
    while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xC0U) == 0x80U) --before;
    if (DisplayWidth(std::string_view(text).substr(before)) + 1 > cells) break;
    at = before;
  }
  return "\u2026" + text.substr(at);
}

// How the columns are shown at a width.
struct Layout {
  std::vector<std::size_t> widths;  // 0: left out
  bool tails = false;
  std::size_t before_last = 0;  // cells in front of the last column
};

class Fitter {
 public:
  Fitter(const std::vector<TextColumn>& columns, const std::vector<std::vector<TextCell>>& rows) : columns_(columns) {
    for (const TextColumn& column : columns) {
      last_ = DisplayWidth(column.title);
      whole_.push_back(last_);
      short_.push_back(DisplayWidth(column.title));
    }
    for (const auto& row : rows) {
      for (std::size_t i = 0; i + 1 < row.size(); ++i) {
        const std::size_t width = DisplayWidth(row[i].text);
        whole_[i] = std::max(whole_[i], width);
        short_[i] = std::max(short_[i], columns[i].tail == 0 ? width : std::min(width, columns[i].tail));
      }
      last_ = std::min(std::max(last_, DisplayWidth(row.back().text)), kLastColumn);
    }
  }

  [[nodiscard]] Layout Fit(std::size_t width) const {
    Layout layout = Measured(whole_, false);
    if (width == 0 || Fits(layout, width)) return layout;
    layout = Measured(short_, true);
    for (int order = 1; !Fits(layout, width) && order <= static_cast<int>(columns_.size()); ++order) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].leave_out != order || layout.widths[i] == 0) continue;
        layout.before_last -= layout.widths[i] + kGap;
        layout.widths[i] = 0;
      }
    }
    return layout;
  }

 private:
  [[nodiscard]] bool Fits(const Layout& layout, std::size_t width) const { return layout.before_last + last_ <= width; }
  static Layout Measured(const std::vector<std::size_t>& widths, bool tails) {
    Layout layout{widths, tails, 0};
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) layout.before_last += widths[i] + kGap;
    return layout;
  }

  const std::vector<TextColumn>& columns_;
  std::vector<std::size_t> whole_;
  std::vector<std::size_t> short_;
  std::size_t last_ = 0;
};

void TrimEnd(std::string& line) {
  while (!line.empty() && line.back() == ' ') line.pop_back();
}

class Writer {
 public:
  Writer(const std::vector<TextColumn>& columns, const Layout& layout, const TextTableOptions& options)
      : columns_(columns), layout_(layout), options_(options) {}

  void Row(const std::vector<TextCell>& cells, std::vector<std::string>& lines) const {
    std::string line;
    std::size_t used = 0;
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
      if (layout_.widths[i] == 0) continue;
      const std::string text = layout_.tails ? Tail(cells[i].text, columns_[i].tail) : cells[i].text;
      std::string padded = PadRight(text, layout_.widths[i] + kGap);
      used += layout_.widths[i] + kGap;
      line += options_.color && cells[i].color != Color::kNone ? Paint(true, cells[i].color, padded) : padded;
    }
    Last(cells.back(), line, used, lines);
  }

 private:
  void Last(const TextCell& cell, const std::string& line, std::size_t used, std::vector<std::string>& lines) const {
    const std::size_t width = options_.width;
    std::string indent(used, ' ');
    std::vector<std::string> pieces{cell.text};
    if (width > 0 && options_.overflow == Overflow::kCut) {
      pieces = {width > used ? Shorten(cell.text, width - used) : std::string()};
    } else if (width > 0 && used + DisplayWidth(cell.text) > width) {
      const bool below = width < used + kLastColumn / 2;
      if (below) indent = "    ";
      pieces = WrapText(cell.text, std::max<std::size_t>(width - std::min(width - 1, below ? indent.size() : used), 8));
      if (below) pieces.insert(pieces.begin(), std::string());
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      std::string whole = (i == 0 ? line : indent) + Paint(options_.color, cell.color, pieces[i]);
      TrimEnd(whole);
      lines.push_back(std::move(whole));
    }
  }

  const std::vector<TextColumn>& columns_;
  const Layout& layout_;
  const TextTableOptions& options_;
};

}  // namespace

std::vector<std::string> WrapText(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) lines.push_back(std::move(line));
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    std::string_view word = text.substr(0, blank);
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) flush();
    while (DisplayWidth(word) > width) {
      // Longer by what makes sure that it is shortened; the ellipsis, which has a cell of its own, is taken off again.
      std::string piece = Shorten(std::string(word) + "  ", width + 1);
      piece.resize(piece.size() - std::string_view("\u2026").size());
      if (piece.empty()) break;
      word.remove_prefix(piece.size());
      lines.push_back(std::move(piece));
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  flush();
  if (lines.empty()) lines.emplace_back();
  return lines;
}

std::vector<std::string> TextTable::Lines(const TextTableOptions& options) const {
  const Layout layout = Fitter(columns_, rows_).Fit(options.width);
  // Where not even the columns fit, whole lines are cut, and a cut may not part a colour from its end.
  const bool too_narrow = options.overflow == Overflow::kCut && options.width > 0 && layout.before_last > options.width;
  TextTableOptions fitted = options;
  if (too_narrow) fitted.color = false;
  const Writer writer(columns_, layout, fitted);
  std::vector<TextCell> titles;
  titles.reserve(columns_.size());
  for (const TextColumn& column : columns_) titles.push_back({column.title, Color::kNone});
  std::vector<std::string> lines;
  lines.reserve(rows_.size() + 1);
  writer.Row(titles, lines);
  for (const auto& row : rows_) writer.Row(row, lines);
  if (too_narrow) {
    for (std::string& line : lines) line = Shorten(line, options.width);
  }
  return lines;
}

}  // namespace kadende::cli

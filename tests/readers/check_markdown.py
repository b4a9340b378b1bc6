#!/usr/bin/env python3
"""Looks at a plan that was written as Markdown and rendered to HTML, as a browser would.

Usage: check_markdown.py HTML [details=N] [rows=N] [text=WORDS]...
Only the elements that a plan is made of may be there, properly nested and without attributes of their own; no text may
mention anybody or refer to anything. details, rows: how many folded sections and rows of table bodies there are; text:
what a reader must be able to read somewhere, to the letter.
"""
import re
import sys
from html.parser import HTMLParser

ALLOWED = {"h2", "h3", "p", "strong", "em", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "code"}
CODE = re.compile("[0-9a-f]{64}|kadende [a-z]+( --approve)?")
MARKER = re.compile(r" kadende-plan:[\w.%-]+ ")
PARENTS = {"code": {"em", "p", "strong"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"}, "li": {"ul"}, "summary": {"details"}, "h2": {None},
           "h3": {None}, "details": {None}, "ul": {None, "details"}, "table": {None, "details"}, "p": {None, "details", "li"}}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.offences, self.counts, self.blocks = [], [], {}, [""]

    def say(self, what):
        self.offences.append(f"line {self.getpos()[0]}: {what}")

    def handle_starttag(self, tag, attributes):
        if tag not in ALLOWED:
            self.say(f"<{tag}> is no part of a plan")
        if [name for name, value in attributes if (tag, name) not in {("td", "align"), ("th", "align")}]:
            self.say(f"<{tag}> has attributes: {attributes}")
        parent = self.open[-1] if self.open else None
        if tag in PARENTS and parent not in PARENTS[tag]:
            self.say(f"<{tag}> within {parent}")
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag == "tr" and parent == "tbody":
            self.counts["rows"] = self.counts.get("rows", 0) + 1
        self.open.append(tag)
        self.blocks.append("")

    def handle_startendtag(self, tag, attributes):
        self.say(f"<{tag}/> is no part of a plan")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.say(f"</{tag}> ends what is not open: {self.open}")
        else:
            self.open.pop()
        self.blocks.append("")

    def handle_data(self, text):
        if self.open and self.open[-1] == "code" and not CODE.fullmatch(text):
            self.say(f"code that no plan has: {text[:80]!r}")
        if re.search("@(?!\u200b)", text):
            self.say(f"a mention: {text[:80]!r}")
        if re.search(r"#\d|\bGH-\d", text):
            self.say(f"a reference: {text[:80]!r}")
        if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text):
            self.say(f"a control character: {text[:80]!r}")
        self.blocks[-1] += text.replace("\u200b", "")

    def handle_comment(self, text):
        if self.getpos() != (1, 0) or not MARKER.fullmatch(text):
            self.say("a comment")

    def handle_decl(self, text):
        self.say("a declaration")

    def unknown_decl(self, text):
        self.say("a section")


def main():
    page = Page()
    with open(sys.argv[1], encoding="utf-8") as file:
        page.feed(file.read())
    page.close()
    if page.open:
        page.say(f"still open at the end: {page.open}")
    for argument in sys.argv[2:]:
        name, value = argument.split("=", 1)
        if name == "text":
            if not any(value in block for block in page.blocks):
                page.say(f"nobody can read {value!r}")
        elif page.counts.get(name, 0) != int(value):
            page.say(f"{page.counts.get(name, 0)} {name} instead of {value}")
    print("\n".join(page.offences[:20]))
    sys.exit(1 if page.offences else 0)


main()

#include "cli/app.h"

int main(int argc, char** argv) {
  return kadende::cli::Main(argc, argv);
}

#include "gateway/app/cli.h"
#include "gateway/app/process.h"

int main(int argc, char** argv) {
  tidegate::setup_process();
  return tidegate::run_cli(argc, argv);
}

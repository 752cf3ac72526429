#include <string_view>

#include "gateway/app/cli.h"
#include "gateway/app/process.h"
#include "gateway/transform/jq/wire.h"
#include "gateway/transform/jq/worker.h"

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == tidegate::kJqWorkerCommand) return tidegate::run_jq_worker();
  tidegate::setup_process();
  return tidegate::run_cli(argc, argv);
}

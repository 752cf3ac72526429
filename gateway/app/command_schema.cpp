#include "connectors/connector.h"
#include "gateway/app/commands.h"
#include "gateway/app/load.h"
#include "gateway/config/config.h"

namespace tidegate {

int schema_command(bool reference) {
  const std::string text = reference ? tidegate::reference(connector_types()) : json_schema(connector_types());
  return print(text) ? kExitFine : kExitFailed;
}

}  // namespace tidegate

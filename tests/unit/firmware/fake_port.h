#pragma once

#include <cstdint>
#include <string>

/// The sample's port layer under test control: time, randomness and a network of one connection.
namespace tidegate::test {

struct FakePort {
  std::uint32_t now_ms = 0;
  std::uint32_t random = 0;  ///< what every port_random() gives

  bool resolves = true;          ///< port_open() works
  int connected = 1;             ///< what port_connected() says
  bool lost = false;             ///< the next receive finds the connection closed
  std::size_t takes = SIZE_MAX;  ///< bytes the network still takes

  std::string to_device;    ///< what the device has not received yet
  std::string from_device;  ///< what it sent
  unsigned opened = 0, closed = 0;
};

/// The one that the functions of port.h use.
FakePort& fake_port();

}  // namespace tidegate::test

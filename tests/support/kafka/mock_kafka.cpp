// mock_kafka: librdkafka's mock cluster as a process of its own. Says where it listens, takes commands on stdin, reads
// what is produced, and keeps books of it.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/kafka/mock_cluster.h"

namespace {

using namespace tidegate::testing;
using namespace std::chrono_literals;

constexpr const char* kCommands = R"(commands, one per line:
  down BROKER|all         its connections end, and it takes none
  up BROKER|all
  leader TOPIC PARTITION BROKER
  refuse ERROR [COUNT]    the next produce requests get this error of the protocol
  topic-error TOPIC ERROR
  books                   one line of JSON about what has been read so far
  quit)";

/// The code of the protocol with this name; UNKNOWN when there is none.
rd_kafka_resp_err_t code_named(const std::string& name) {
  const rd_kafka_err_desc* known = nullptr;
  std::size_t count = 0;
  rd_kafka_get_err_descs(&known, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (known[i].name != nullptr && name == known[i].name) return known[i].code;
  }
  return RD_KAFKA_RESP_ERR_UNKNOWN;
}

/// What was read: an event is known by its ce_id, or by place where it has none.
class Books {
 public:
  explicit Books(const std::string& log) {
    if (!log.empty()) log_.open(log);
  }
  void add(const ConsumedMessage& message) {
    ++messages_;
    std::string id = message.header("ce_id");
    if (id.empty()) id = fmt::format("{}/{}/{}", message.topic, message.partition, message.offset);
    if (ids_.insert(id).second) ++distinct_[message.header("ce_source")];
    if (log_.is_open()) {
      log_ << message.topic << '\t' << message.partition << '\t' << message.offset << '\t' << message.key << '\t' << id
           << '\t' << message.value << '\n'
           << std::flush;
    }
  }
  [[nodiscard]] std::string json() const {
    std::string sources;
    for (const auto& [source, count] : distinct_)
      sources += fmt::format("{}\"{}\":{}", sources.empty() ? "" : ",", source, count);
    return fmt::format(R"({{"messages":{},"distinct":{},"by_source":{{{}}}}})", messages_, ids_.size(), sources);
  }

 private:
  std::size_t messages_ = 0;
  std::set<std::string> ids_;
  std::map<std::string, std::size_t> distinct_;
  std::ofstream log_;
};

/// False: the command is quit. *Errors* are said on stdout.
bool obey(const std::string& line, MockCluster& cluster, const Books& books) {
  std::istringstream words(line);
  std::string command, first, second, third;
  words >> command >> first >> second >> third;
  const auto broker = [](const std::string& text) {
    return text == "all" ? MockCluster::kAll : std::atoi(text.c_str());
  };
  if (command == "quit") return false;
  if (command == "down") {
    cluster.set_down(broker(first));
  } else if (command == "up") {
    cluster.set_up(broker(first));
  } else if (command == "leader") {
    cluster.set_leader(first, std::atoi(second.c_str()), broker(third));
  } else if (command == "refuse") {
    const int count = second.empty() ? 1 : std::atoi(second.c_str());
    cluster.answer_next(KafkaRequest::produce,
                        std::vector<rd_kafka_resp_err_t>(count > 0 ? count : 0, code_named(first)));
  } else if (command == "topic-error") {
    cluster.fail_topic(first, code_named(second));
  } else if (command == "books") {
    fmt::print("{}\n", books.json());
    return true;
  } else {
    fmt::print("{}\n", kCommands);
    return true;
  }
  fmt::print("ok\n");
  return true;
}

/// Serves until `quit` or the end of stdin.
void serve(MockCluster& cluster, MockReader& reader, Books& books) {
  std::string pending;
  for (bool on = true; on;) {
    for (const ConsumedMessage& message : reader.read(20ms)) books.add(message);
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, 0) <= 0) continue;
    char bytes[4096];
    const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) break;
    pending.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end = 0; on && (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1))
      on = obey(pending.substr(0, end), cluster, books);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  int brokers = 3, partitions = 12;
  std::string topic = "events", log;
  CLI::App app("A Kafka cluster in memory, for trying things out.");
  app.footer(kCommands);
  app.add_option("--brokers", brokers)->check(CLI::Range(1, 16));
  app.add_option("--topic", topic, "that exists, and is read");
  app.add_option("--partitions", partitions)->check(CLI::Range(1, 128));
  app.add_option("--log", log, "a line for each message: topic, partition, offset, key, id, value");
  CLI11_PARSE(app, argc, argv);

  MockCluster cluster(brokers);
  cluster.create_topic(topic, partitions);
  MockReader reader(cluster.bootstrap(), topic, partitions);
  Books books(log);
  std::puts(cluster.bootstrap().c_str());
  std::fflush(stdout);
  serve(cluster, reader, books);
  return 0;
}

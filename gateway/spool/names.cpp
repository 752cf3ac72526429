#include "gateway/spool/names.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "gateway/spool/files.h"

namespace tidegate {

namespace {

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Tabs, line ends and percent signs as %XX.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == '%')
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() && std::sscanf(text.c_str() + i + 1, "%2X", &value) == 1) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string rendered(const Books& books) {
  std::string out;
  for (const auto& [id, lane] : books.lanes())
    out += fmt::format("lane\t{}\t{}\t{}\n", id.value, escaped(lane.route), escaped(lane.sink));
  for (const auto& [id, source] : books.sources())
    out += fmt::format("source\t{}\t{}\n", id.value, escaped(source.name));
  return out;
}

Status write_durably(const std::filesystem::path& file, const std::string& text) {
  const std::filesystem::path fresh = file.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  bool done = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int failure = errno;
  if (fd >= 0) ::close(fd);
  done = done && ::rename(fresh.c_str(), file.c_str()) == 0;
  if (done) return sync_directory(file.parent_path());
  return Error{failure == ENOSPC ? ErrorCode::full : ErrorCode::io,
               fmt::format("cannot write {}: {}", file.string(), std::strerror(failure))};
}

}  // namespace

Status save_names(const std::filesystem::path& file, const Books& books) {
  const std::string text = rendered(books);
  if (content(file) == text) return {};
  return write_durably(file, text);
}

void add_missing_names(const std::filesystem::path& file, Books& books) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string kind;
    std::string number;
    std::string first;
    std::string second;
    std::getline(fields, kind, '\t');
    std::getline(fields, number, '\t');
    std::getline(fields, first, '\t');
    std::getline(fields, second, '\t');
    const auto id = static_cast<std::uint32_t>(std::strtoul(number.c_str(), nullptr, 10));
    if (id == 0 || first.empty()) continue;
    if (kind == "lane" && books.lane(LaneId{id}) == nullptr) {
      LaneBook lane;
      lane.id = LaneId{id};
      lane.route = unescaped(first);
      lane.sink = unescaped(second);
      books.add(std::move(lane));
    } else if (kind == "source" && !books.sources().contains(SourceId{id})) {
      SourceBook source;
      source.id = SourceId{id};
      source.name = unescaped(first);
      books.add(std::move(source));
    }
  }
}

}  // namespace tidegate

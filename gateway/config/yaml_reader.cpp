#include "gateway/config/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "gateway/base/utf8.h"
#include "gateway/config/limits.h"

/// The only user of yaml-cpp.
namespace tidegate {

namespace {

Position position_of(const YAML::Mark& mark) {
  if (mark.line < 0 || mark.column < 0) return {};
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

/// Ends the parse from inside yaml-cpp: its event handlers have no other way out. Never leaves this file.
struct Stop {
  Position at;
  std::string message;
};

/// Builds the tree from yaml-cpp's events: its own nodes keep duplicate keys silently and have no limits.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  ConfigNode take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    complete(ConfigNode(ConfigNode::Kind::null, position_of(mark)), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(tag, position_of(mark));
    ConfigNode scalar(ConfigNode::Kind::scalar, position_of(mark), value);
    scalar.quoted = tag != "?" && !tag.empty();  // "!": in quotes or a block; else a type that the file names
    complete(std::move(scalar), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw Stop{position_of(mark), "this alias lies inside its own anchor"};
    count(it->second.nodes, position_of(mark));
    complete(it->second.node, YAML::NullAnchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(tag, position_of(mark));
    open(ConfigNode(ConfigNode::Kind::list, position_of(mark)), anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_tag(tag, position_of(mark));
    open(ConfigNode(ConfigNode::Kind::map, position_of(mark)), anchor);
  }
  void OnMapEnd() override {
    apply_merges(stack_.back());
    close();
  }

 private:
  struct Key {
    std::string text;
    Position at;
    bool usable = true;  ///< false: reported already; its value is read and dropped
  };
  struct Frame {
    ConfigNode node;
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    std::optional<Key> key;
    std::unordered_map<std::string, Position> keys;
    std::vector<std::pair<Position, ConfigNode>> merges;
  };
  struct Anchored {
    ConfigNode node;
    std::size_t nodes;
  };

  void count(std::size_t nodes, Position at) {
    nodes_ += nodes;
    if (nodes_ > limits::kConfigNodesMax) {
      throw Stop{
          at, fmt::format("more than {} values, aliases expanded; is this the right file?", limits::kConfigNodesMax)};
    }
  }

  void refuse_tag(const std::string& tag, Position at) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    diagnostics_.error(
        at, fmt::format("tag {} means nothing here; secrets come from ${{NAME}} or a *_file option", quote(tag)));
  }

  void open(ConfigNode node, YAML::anchor_t anchor) {
    if (stack_.size() >= limits::kConfigDepthMax) {
      throw Stop{node.at, fmt::format("nested deeper than {} levels", limits::kConfigDepthMax)};
    }
    stack_.push_back({std::move(node), anchor, nodes_, {}, {}, {}});
  }

  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    complete(std::move(frame.node), frame.anchor, nodes_ - frame.nodes_before);
  }

  void complete(ConfigNode node, YAML::anchor_t anchor, std::size_t nodes_inside = 0) {
    count(1, node.at);
    if (anchor != YAML::NullAnchor) {
      // The copy costs as much as the original.
      count(nodes_inside + 1, node.at);
      anchors_.insert_or_assign(anchor, Anchored{node, nodes_inside + 1});
    }
    if (stack_.empty()) {
      root_ = std::move(node);
    } else if (Frame& top = stack_.back(); top.node.kind == ConfigNode::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (!top.key) {
      take_key(top, std::move(node));
    } else {
      take_value(top, std::move(node));
    }
  }

  void take_key(Frame& map, ConfigNode node) {
    map.key = Key{std::move(node.text), node.at};
    if (node.kind != ConfigNode::Kind::scalar || map.key->text.empty()) {
      map.key->usable = false;
      diagnostics_.error(node.at, "a name is expected here, then a colon and a value");
      return;
    }
    const auto [first, fresh] = map.keys.try_emplace(map.key->text, node.at);
    if (fresh) return;
    map.key->usable = false;
    diagnostics_.error(node.at,
                       fmt::format("{} is given twice; first on line {}", quote(map.key->text), first->second.line));
  }

  static void take_value(Frame& map, ConfigNode node) {
    Key key = std::move(*map.key);
    map.key.reset();
    if (!key.usable) return;
    // yaml-cpp places an absent value where the next token is, which may be lines away.
    if (node.kind == ConfigNode::Kind::null) node.at = key.at;
    if (key.text == "<<") {
      map.merges.emplace_back(key.at, std::move(node));
    } else {
      map.node.entries.push_back({std::move(key.text), key.at, std::move(node)});
    }
  }

  /// Adds the entries of a merge key that the map does not set itself (YAML's "merge" type, version 1.1).
  void apply_merges(Frame& map) {
    for (auto& [at, merged] : map.merges) {
      if (merged.kind == ConfigNode::Kind::map) {
        merge(map, std::move(merged));
      } else if (merged.kind == ConfigNode::Kind::list &&
                 std::ranges::all_of(merged.items, [](auto& i) { return i.kind == ConfigNode::Kind::map; })) {
        for (ConfigNode& item : merged.items) merge(map, std::move(item));
      } else {
        diagnostics_.error(at, "<< takes an alias of a map (<<: *name), or a list of them");
      }
    }
  }

  static void merge(Frame& map, ConfigNode from) {
    for (ConfigEntry& entry : from.entries) {
      if (map.keys.try_emplace(entry.key, entry.at).second) map.node.entries.push_back(std::move(entry));
    }
  }

  Diagnostics& diagnostics_;
  ConfigNode root_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
};

/// Reports what keeps the bytes from being YAML text at all. False when it did.
bool check_bytes(std::string_view text, Diagnostics& diagnostics) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      diagnostics.error(at, "this byte is not UTF-8; save the file as UTF-8");
      return false;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7F) {
      diagnostics.error(at, fmt::format("control character \\x{:02x}; remove it", byte));
      return false;
    }
    at = byte == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + 1};
    i += length;
  }
  return true;
}

/// The line that holds position `at`, without its end.
std::string_view line_at(std::string_view text, Position at) {
  for (std::uint32_t line = 1; line < at.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

void report_syntax(std::string_view text, Position at, std::string_view message, Diagnostics& diagnostics) {
  const std::string_view line = line_at(text, at);
  const std::size_t indent_end = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t tab = line.substr(0, indent_end).find('\t');
  if (tab != std::string_view::npos) {
    diagnostics.error({at.line, static_cast<std::uint32_t>(tab) + 1}, "a tab in the indentation; YAML wants spaces");
  } else {
    diagnostics.error(at, fmt::format("not valid YAML: {}", message));
  }
}

}  // namespace

ConfigNode read_yaml(std::string_view text, Diagnostics& diagnostics) {
  if (text.size() > limits::kConfigFileBytesMax) {
    diagnostics.error({},
                      fmt::format("larger than {} KiB; is this the right file?", limits::kConfigFileBytesMax >> 10));
    return {};
  }
  if (!check_bytes(text, diagnostics)) return {};
  TreeBuilder builder(diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    TreeBuilder ignored(diagnostics);
    if (diagnostics.errors() == 0 && parser.HandleNextDocument(ignored)) {
      diagnostics.error({}, "a second YAML document begins after ---; Tidegate reads one");
    }
  } catch (const Stop& stop) {
    diagnostics.error(stop.at, stop.message);
    return {};
  } catch (const YAML::Exception& e) {
    report_syntax(text, position_of(e.mark), e.msg, diagnostics);
    return {};
  } catch (const std::exception& e) {
    diagnostics.error({}, fmt::format("not valid YAML: {}", e.what()));
    return {};
  }
  return std::move(builder).take();
}

}  // namespace tidegate

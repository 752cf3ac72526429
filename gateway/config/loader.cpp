#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "gateway/base/limits.h"
#include "gateway/config/environment.h"
#include "gateway/config/files.h"
#include "gateway/config/limits.h"
#include "gateway/config/sections.h"
#include "gateway/config/yaml_reader.h"

namespace tidegate {

const SinkConfig* Config::sink(std::string_view name) const noexcept {
  const auto it = std::ranges::find(sinks, name, &SinkConfig::name);
  return it == sinks.end() ? nullptr : &*it;
}

namespace {

using Names = std::vector<std::string_view>;

/// What a connector is, seen from one of its two directions.
struct Direction {
  std::string_view section;     // "sources"
  std::string_view word;        // "source"
  std::string_view other_word;  // "sink"
  const OptionTable* (*ConnectorType::*options)();
  const OptionTable* (*ConnectorType::*other_options)();
};
constexpr Direction kSources{"sources", "source", "sink", &ConnectorType::source_options, &ConnectorType::sink_options};
constexpr Direction kSinks{"sinks", "sink", "source", &ConnectorType::sink_options, &ConnectorType::source_options};

bool is_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::kNameBytesMax && std::ranges::all_of(name, fits);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "tidegate";
  return name.data();
}

/// Reads one file's tree into a Config.
class Loader {
 public:
  Loader(Diagnostics& diagnostics, std::filesystem::path folder, const std::vector<ConnectorType>& types)
      : diagnostics_(diagnostics), folder_(std::move(folder)), types_(types) {}

  Config load(const ConfigNode& root) {
    if (root.kind != ConfigNode::Kind::map) {
      diagnostics_.error(root.at, "the file must hold a map of sources, sinks and routes");
      return {};
    }
    check_top_level(root);
    read_table(root, "gateway", gateway_options(), config_.gateway);
    read_table(root, "spool", spool_options(), config_.spool);
    if (config_.gateway.id.empty()) config_.gateway.id = host_name();
    config_.spool.data_dir = config_.gateway.data_dir;
    read_connectors(root, kSources);
    read_connectors(root, kSinks);
    read_routes(root);
    return std::move(config_);
  }

 private:
  void check_top_level(const ConfigNode& root) {
    Names names;
    for (const TopLevelKey& key : kTopLevelKeys) names.push_back(key.name);
    for (const ConfigEntry& entry : root.entries) {
      if (entry.key.starts_with(kIgnoredPrefix) || std::ranges::find(names, entry.key) != names.end()) continue;
      diagnostics_.error(entry.at,
                         fmt::format("unknown section {}{}", quote(entry.key), did_you_mean(entry.key, names)));
    }
    for (const TopLevelKey& key : kTopLevelKeys) {
      if (key.required && root.find(key.name) == nullptr) {
        diagnostics_.error({}, fmt::format("missing section \"{}\": {}", key.name, key.doc));
      }
    }
  }

  ReadContext context(std::string path, Position at) { return {diagnostics_, folder_, std::move(path), at}; }

  template <class S>
  void read_table(const ConfigNode& root, std::string_view name, const OptionTableOf<S>& table, S& out) {
    const ConfigEntry* entry = root.find(name);
    if (entry == nullptr) return;
    ReadContext at = context(std::string(name), entry->at);
    const ReadTarget target{&table, &out};
    read_options(entry->value, std::span(&target, 1), at);
  }

  /// The named entries of a section whose names are fit to use; null when there is no such section.
  const std::vector<ConfigEntry>* named_entries(const ConfigNode& root, std::string_view section) {
    const ConfigEntry* entry = root.find(section);
    if (entry == nullptr || entry->value.kind == ConfigNode::Kind::failed) return nullptr;
    if (entry->value.kind != ConfigNode::Kind::map || entry->value.entries.empty()) {
      diagnostics_.error(entry->at,
                         fmt::format("{} must be a map, with a name of your choice for each of them", section));
      return nullptr;
    }
    for (const ConfigEntry& named : entry->value.entries) {
      if (is_name(named.key)) continue;
      diagnostics_.error(named.at, fmt::format("{} in {} is no name; names are letters, digits, - and _, at most {}",
                                               quote(named.key), section, limits::kNameBytesMax));
    }
    return &entry->value.entries;
  }

  void read_connectors(const ConfigNode& root, const Direction& direction) {
    const auto* entries = named_entries(root, direction.section);
    if (entries == nullptr) return;
    for (const ConfigEntry& entry : *entries) {
      if (config_.sources.size() == limits::kSourcesMax && direction.section == kSources.section) {
        diagnostics_.error(entry.at, fmt::format("more than {} sources", limits::kSourcesMax));
        break;
      }
      const ConnectorType* type = connector_of(entry, direction);
      if (type == nullptr) {
        (direction.section == kSources.section ? broken_sources_ : broken_sinks_).insert(entry.key);
      } else if (direction.section == kSources.section) {
        read_source(entry, *type);
      } else {
        read_sink(entry, *type);
      }
    }
  }

  /// The connector that an entry's `type` names, or null with an error reported.
  const ConnectorType* connector_of(const ConfigEntry& entry, const Direction& direction) {
    Names names;
    for (const ConnectorType& type : types_) {
      if (type.*direction.options != nullptr) names.push_back(type.name);
    }
    const std::string known = fmt::format("{}", fmt::join(names, ", "));
    const std::string path = fmt::format("{}.{}", direction.section, entry.key);
    if (entry.value.kind != ConfigNode::Kind::map) {
      if (entry.value.kind != ConfigNode::Kind::failed) {
        diagnostics_.error(entry.at, fmt::format("{} must be a map of options, type first (one of {})", path, known));
      }
      return nullptr;
    }
    const ConfigEntry* chosen = entry.value.find("type");
    if (chosen == nullptr) {
      diagnostics_.error(entry.at,
                         fmt::format("missing option \"type\" in {}; the {}s are: {}", path, direction.word, known));
      return nullptr;
    }
    if (chosen->value.kind == ConfigNode::Kind::failed) return nullptr;
    const std::string& name = chosen->value.text;
    const auto type = std::ranges::find(types_, name, &ConnectorType::name);
    if (type != types_.end() && (*type).*direction.options != nullptr) return &*type;
    const bool other_way = type != types_.end() && (*type).*direction.other_options != nullptr;
    diagnostics_.error(chosen->value.at,
                       other_way ? fmt::format("{}.type: {} is a {}, not a {}; the {}s are: {}", path, quote(name),
                                               direction.other_word, direction.word, direction.word, known)
                                 : fmt::format("{}.type: there is no {} {}; the {}s are: {}{}", path, direction.word,
                                               quote(name), direction.word, known, did_you_mean(name, names)));
    return nullptr;
  }

  void read_source(const ConfigEntry& entry, const ConnectorType& type) {
    const OptionTable& table = *type.source_options();
    SourceConfig source{entry.key, &type, table.defaults(), entry.at};
    ConnectorChoice choice;
    const std::array targets{ReadTarget{&connector_choice(), &choice},
                             ReadTarget{&table, table.object_in(source.options)}};
    ReadContext at = context("sources." + entry.key, entry.at);
    read_options(entry.value, targets, at);
    config_.sources.push_back(std::move(source));
  }

  void read_sink(const ConfigEntry& entry, const ConnectorType& type) {
    const OptionTable& table = *type.sink_options();
    SinkConfig sink{entry.key, &type, table.defaults(), {}, entry.at};
    if (type.delivery_defaults != nullptr) type.delivery_defaults(sink.delivery);
    ConnectorChoice choice;
    const std::array targets{ReadTarget{&connector_choice(), &choice}, ReadTarget{&delivery_options(), &sink.delivery},
                             ReadTarget{&table, table.object_in(sink.options)}};
    ReadContext at = context("sinks." + entry.key, entry.at);
    read_options(entry.value, targets, at);
    config_.sinks.push_back(std::move(sink));
  }

  void read_routes(const ConfigNode& root) {
    Names sources(broken_sources_.begin(), broken_sources_.end());
    Names sinks(broken_sinks_.begin(), broken_sinks_.end());
    for (const SourceConfig& source : config_.sources) sources.push_back(source.name);
    for (const SinkConfig& sink : config_.sinks) sinks.push_back(sink.name);
    const auto* entries = named_entries(root, "routes");
    if (entries == nullptr) return;
    std::size_t lanes = 0;
    const std::size_t errors_before = diagnostics_.errors();
    for (const ConfigEntry& entry : *entries) {
      RouteConfig route;
      route.name = entry.key;
      route.at = entry.at;
      ReadContext at = context("routes." + entry.key, entry.at);
      const ReadTarget target{&route_options(), &route};
      const bool complete = read_options(entry.value, std::span(&target, 1), at);
      check_names(entry, "from", "source", sources, complete);
      check_names(entry, "to", "sink", sinks, complete);
      if (complete) check_sinks(route);
      check_captures(route);
      lanes += route.to.size();
      if (lanes > limits::kLanesMax) {
        diagnostics_.error(entry.at, fmt::format("more than {} lanes (a lane is one route feeding one sink); one route "
                                                 "can match many topics",
                                                 limits::kLanesMax));
        break;
      }
      config_.routes.push_back(std::move(route));
    }
    // A misspelled name leaves its right one unused; it is reported already.
    if (diagnostics_.errors() == errors_before) warn_unused();
  }

  /// Reports names in `option` that are not there, or there twice.
  void check_names(const ConfigEntry& route, std::string_view option, std::string_view word, const Names& known,
                   bool complete) {
    const ConfigEntry* entry = route.value.find(option);
    if (entry == nullptr) return;
    const bool many = entry->value.kind == ConfigNode::Kind::list;
    std::set<std::string_view> seen;
    for (const ConfigNode& node : many ? std::span(entry->value.items) : std::span(&entry->value, 1)) {
      if (node.kind != ConfigNode::Kind::scalar || (!complete && node.text.empty())) continue;
      if (std::ranges::find(known, node.text) == known.end()) {
        diagnostics_.error(node.at, fmt::format("routes.{}.{}: there is no {} {}{}", route.key, option, word,
                                                quote(node.text), did_you_mean(node.text, known)));
      } else if (!seen.insert(node.text).second) {
        diagnostics_.error(node.at,
                           fmt::format("routes.{}.{}: {} is given twice", route.key, option, quote(node.text)));
      }
    }
  }

  /// Asks the sinks of a route whether they can deliver what it matches.
  void check_sinks(const RouteConfig& route) {
    for (const SinkConfig& sink : config_.sinks) {
      if (sink.type->check_sink_route == nullptr || std::ranges::find(route.to, sink.name) == route.to.end()) continue;
      if (const Status able = sink.type->check_sink_route(sink.options, route.topic); !able) {
        diagnostics_.error(
            route.at, fmt::format("routes.{}, to sink {}: {}", route.name, quote(sink.name), able.error().message));
      }
    }
  }

  /// Reports captures that a transform names and the topic does not have.
  void check_captures(const RouteConfig& route) {
    if (!route.transform) return;
    Names known;
    for (const TopicFilter::Level& level : route.topic.levels()) {
      if (level.kind == TopicFilter::Level::Kind::capture) known.push_back(level.text);
    }
    for (const Placeholder* placeholder : route.transform->placeholders()) {
      if (placeholder->kind != Placeholder::Kind::capture) continue;
      if (std::ranges::find(known, placeholder->name) != known.end()) continue;
      diagnostics_.error(
          placeholder->at.line > 0 ? placeholder->at : route.at,
          fmt::format("routes.{}.transform: the topic {} captures no {{{}}}{}", route.name, quote(route.topic.text()),
                      placeholder->name, did_you_mean(placeholder->name, known)));
    }
  }

  void warn_unused() {
    std::set<std::string_view> sources_used;
    std::set<std::string_view> sinks_used;
    bool every_source = false;
    for (const RouteConfig& route : config_.routes) {
      every_source = every_source || route.from.empty();
      sources_used.insert(route.from.begin(), route.from.end());
      sinks_used.insert(route.to.begin(), route.to.end());
    }
    for (const SourceConfig& source : config_.sources) {
      if (every_source || sources_used.contains(source.name)) continue;
      diagnostics_.warning(
          source.at, fmt::format("no route takes events from source \"{}\"; all of them are filtered", source.name));
    }
    for (const SinkConfig& sink : config_.sinks) {
      if (sinks_used.contains(sink.name)) continue;
      diagnostics_.warning(sink.at, fmt::format("no route leads to sink \"{}\"; it gets nothing", sink.name));
    }
  }

  Diagnostics& diagnostics_;
  std::filesystem::path folder_;
  const std::vector<ConnectorType>& types_;
  Config config_;
  // Names whose options could not be read: a route that uses them is not wrong.
  std::set<std::string, std::less<>> broken_sources_;
  std::set<std::string, std::less<>> broken_sinks_;
};

}  // namespace

LoadedConfig load_config_text(std::string_view text, const std::filesystem::path& file,
                              const std::vector<ConnectorType>& types, const Environment& environment) {
  LoadedConfig loaded{std::nullopt, Diagnostics(file.string())};
  ConfigNode root = read_yaml(text, loaded.diagnostics);
  // After a syntax error the tree is cut off: what it lacks is not worth reporting.
  if (root.kind == ConfigNode::Kind::null && loaded.diagnostics.errors() > 0) return loaded;
  expand_config(root, types, environment, loaded.diagnostics);
  Config config = Loader(loaded.diagnostics, file.parent_path(), types).load(root);
  if (loaded.diagnostics.errors() == 0) loaded.config = std::move(config);
  return loaded;
}

LoadedConfig load_config(const std::filesystem::path& file, const std::vector<ConnectorType>& types,
                         const Environment& environment) {
  const auto text = read_file_text(file, limits::kConfigFileBytesMax);
  if (text) return load_config_text(*text, file, types, environment);
  LoadedConfig loaded{std::nullopt, Diagnostics(file.string())};
  loaded.diagnostics.error({}, text.error().message);
  return loaded;
}

}  // namespace tidegate

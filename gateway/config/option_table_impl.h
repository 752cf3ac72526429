#pragma once

#include <algorithm>

#include "gateway/config/option_table.h"

/// The templates of option_table.h: each turns a member pointer into one row and one reader.
namespace tidegate {

namespace option_read {

OptionDoc row_of(std::string_view name, std::string_view doc, ValueKind kind);
/// The text of a scalar, or null with an error reported: a list or map in its place, or nothing at all.
const std::string* scalar(const ConfigNode& node, const OptionDoc& option, ReadContext& context);
/// Reports `"text" <why>` at the value.
void invalid(const ConfigNode& node, const OptionDoc& option, const Error& why, ReadContext& context);
/// Reports what is wrong inside an option's value, at its place.
void faulty(const TreeFault& fault, const OptionDoc& option, ReadContext& context);
/// False, with an error reported, when the value lies outside the option's range.
bool in_range(double value, const ConfigNode& node, const OptionDoc& option, ReadContext& context);
std::filesystem::path resolve(std::string_view text, const ReadContext& context);
std::optional<Secret> secret_from_file(const ConfigNode& node, const OptionDoc& option, ReadContext& context);
void require_readable(const std::filesystem::path& file, const ConfigNode& node, const OptionDoc& option,
                      ReadContext& context);
/// The values of an option that takes one or a list: `node` itself or its items. Reports an empty list.
std::span<const ConfigNode> one_or_many(const ConfigNode& node, const OptionDoc& option, ReadContext& context);
/// True when node is a map; otherwise reports.
bool is_map(const ConfigNode& node, const OptionDoc& option, ReadContext& context);
/// The context of a section inside the current one.
ReadContext inside(const ReadContext& context, std::string_view name, Position at);
/// True when a part of the tree is wrong in a way that is reported already.
bool holds_failed(const ConfigNode& node);
std::optional<std::size_t> choose(const ConfigNode& node, const OptionDoc& option, ReadContext& context);
void read_section(const OptionTable& table, void* object, const ConfigNode& node, std::string_view name,
                  ReadContext& context);

template <class T>
struct Unwrap {
  using Value = T;
  static constexpr auto kShape = OptionDoc::Shape::single;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using Value = T;
  static constexpr auto kShape = OptionDoc::Shape::single;
};
template <class T>
struct Unwrap<std::vector<T>> {
  using Value = T;
  static constexpr auto kShape = OptionDoc::Shape::list;
};
template <class T, class C>
struct Unwrap<std::map<std::string, T, C>> {
  using Value = T;
  static constexpr auto kShape = OptionDoc::Shape::map;
};

template <class V>
constexpr ValueKind kind_of() {
  if constexpr (std::same_as<V, bool>) {
    return ValueKind::boolean;
  } else if constexpr (option_codec::Integer<V>) {
    return ValueKind::integer;
  } else if constexpr (std::floating_point<V>) {
    return ValueKind::number;
  } else if constexpr (option_codec::Duration<V>) {
    return ValueKind::duration;
  } else if constexpr (std::same_as<V, ByteSize>) {
    return ValueKind::bytes;
  } else if constexpr (std::same_as<V, Secret>) {
    return ValueKind::secret;
  } else if constexpr (std::same_as<V, std::filesystem::path>) {
    return ValueKind::path;
  } else {
    return ValueKind::text;
  }
}

template <class V>
std::optional<V> read_one(const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  const std::string* text = scalar(node, option, context);
  if (text == nullptr) return std::nullopt;
  if constexpr (std::same_as<V, std::filesystem::path>) {
    return resolve(*text, context);
  } else {
    Result<V> value = option_codec::read<V>(*text);
    if (!value) {
      invalid(node, option, value.error(), context);
      return std::nullopt;
    }
    if constexpr (option_codec::Measured<V>) {
      if (!in_range(option_codec::measure(*value), node, option, context)) return std::nullopt;
    }
    return std::move(value).value();
  }
}

template <class T>
void read_value(T& out, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
  using Value = typename Unwrap<T>::Value;
  if constexpr (Unwrap<T>::kShape == OptionDoc::Shape::list) {
    out.clear();
    for (const ConfigNode& item : one_or_many(node, option, context)) {
      if (auto value = read_one<Value>(item, option, context)) out.push_back(std::move(*value));
    }
  } else if constexpr (Unwrap<T>::kShape == OptionDoc::Shape::map) {
    if (!is_map(node, option, context)) return;
    out.clear();
    for (const ConfigEntry& entry : node.entries) {
      if (auto value = read_one<Value>(entry.value, option, context))
        out.insert_or_assign(entry.key, std::move(*value));
    }
  } else {
    if (auto value = read_one<Value>(node, option, context)) out = std::move(*value);
  }
}

/// The default as the docs show it; nullopt where "nothing" is the default.
template <class T>
std::optional<std::string> default_of(const T& value) {
  if constexpr (Unwrap<T>::kShape == OptionDoc::Shape::list) {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "[" : ", ") + option_codec::write(item);
    return text.empty() ? std::nullopt : std::optional(text + "]");
  } else if constexpr (Unwrap<T>::kShape == OptionDoc::Shape::map) {
    return std::nullopt;
  } else if constexpr (requires { value.has_value(); }) {
    return value ? std::optional(option_codec::write(*value)) : std::nullopt;
  } else {
    const std::string text = option_codec::write(value);
    return text.empty() ? std::nullopt : std::optional(text);
  }
}

}  // namespace option_read

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::add_value(std::string_view name, T S::*member, std::string_view doc, Range range,
                                              bool required) {
  using Value = typename option_read::Unwrap<T>::Value;
  static_assert(option_codec::Scalar<Value>, "no option may have this type; see option_codec.h");
  OptionDoc row = option_read::row_of(name, doc, option_read::kind_of<Value>());
  row.shape = option_read::Unwrap<T>::kShape;
  row.required = required;
  row.range = range;
  if (!required) row.default_text = option_read::default_of(initial_.*member);
  add(std::move(row), [member](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
    option_read::read_value(static_cast<S*>(object)->*member, node, option, context);
  });
  return *this;
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::option(std::string_view name, T S::*member, std::string_view doc, Range range) {
  return add_value(name, member, doc, range, false);
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::required(std::string_view name, T S::*member, std::string_view doc, Range range) {
  return add_value(name, member, doc, range, true);
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::bytes(std::string_view name, T S::*member, std::string_view doc, Range range) {
  static_assert(std::unsigned_integral<typename option_read::Unwrap<T>::Value>);
  OptionDoc row = option_read::row_of(name, doc, ValueKind::bytes);
  row.range = range;
  row.range.max =
      std::min(row.range.max, static_cast<double>(std::numeric_limits<typename option_read::Unwrap<T>::Value>::max()));
  if constexpr (requires { (initial_.*member).has_value(); }) {
    if (initial_.*member) row.default_text = write_byte_size(*(initial_.*member));
  } else {
    row.default_text = write_byte_size(initial_.*member);
  }
  add(std::move(row), [member](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
    if (const auto size = option_read::read_one<ByteSize>(node, option, context)) {
      static_cast<S*>(object)->*member = static_cast<typename option_read::Unwrap<T>::Value>(size->bytes);
    }
  });
  return *this;
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::add_secret(std::string_view name, T S::*member, std::string_view doc,
                                               bool required) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::secret);
  row.required = required;
  row.companion = row.name + "_file";
  OptionDoc file_row = option_read::row_of(
      row.companion, "File that holds `" + row.name + "`; a line break at its end is not part of it.", ValueKind::path);
  file_row.companion = row.name;
  add(std::move(row), [member](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
    if (auto value = option_read::read_one<Secret>(node, option, context)) {
      static_cast<S*>(object)->*member = T(std::move(*value));
    }
  });
  add(std::move(file_row),
      [member](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
        auto value = option_read::secret_from_file(node, option, context);
        if (!value) return;
        if constexpr (std::same_as<T, StoredSecret>) {
          static_cast<S*>(object)->*member = T(std::move(*value), option_read::resolve(node.text, context));
        } else {
          static_cast<S*>(object)->*member = T(std::move(*value));
        }
      });
  return *this;
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::secret(std::string_view name, T S::*member, std::string_view doc) {
  return add_secret(name, member, doc, false);
}

template <class S>
template <class T>
OptionTableOf<S>& OptionTableOf<S>::required_secret(std::string_view name, T S::*member, std::string_view doc) {
  return add_secret(name, member, doc, true);
}

template <class S>
OptionTableOf<S>& OptionTableOf<S>::file(std::string_view name, std::filesystem::path S::*member,
                                         std::string_view doc) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::path);
  row.default_text = option_read::default_of(initial_.*member);
  add(std::move(row), [member](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
    auto path = option_read::read_one<std::filesystem::path>(node, option, context);
    if (!path) return;
    option_read::require_readable(*path, node, option, context);
    static_cast<S*>(object)->*member = std::move(*path);
  });
  return *this;
}

template <class S>
template <class E>
OptionTableOf<S>& OptionTableOf<S>::choice(std::string_view name, E S::*member,
                                           std::initializer_list<Choice<std::type_identity_t<E>>> choices,
                                           std::string_view doc) {
  using Value = typename option_read::Unwrap<E>::Value;
  OptionDoc row = option_read::row_of(name, doc, ValueKind::choice);
  std::vector<E> values;
  for (const auto& choice : choices) {
    row.choices.push_back({std::string(choice.name), std::string(choice.doc)});
    values.push_back(choice.value);
    if (choice.value == initial_.*member) row.default_text = std::string(choice.name);
  }
  static_assert(std::same_as<Value, E>, "a choice is not optional: name the default");
  add(std::move(row), [member, values = std::move(values)](void* object, const ConfigNode& node,
                                                           const OptionDoc& option, ReadContext& context) {
    if (const auto index = option_read::choose(node, option, context)) {
      static_cast<S*>(object)->*member = values[*index];
    }
  });
  return *this;
}

template <class S>
template <class T, class Parse>
OptionTableOf<S>& OptionTableOf<S>::add_parsed(OptionDoc row, T S::*member, Parse from_text) {
  add(std::move(row),
      [member, from_text](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
        const std::string* text = option_read::scalar(node, option, context);
        if (text == nullptr) return;
        auto value = from_text(std::string_view(*text));
        if (!value) {
          option_read::invalid(node, option, value.error(), context);
          return;
        }
        static_cast<S*>(object)->*member = std::move(value).value();
      });
  return *this;
}

template <class S>
template <class T, class Parse>
OptionTableOf<S>& OptionTableOf<S>::parsed(std::string_view name, T S::*member, Parse from_text,
                                           std::string_view syntax, std::string_view doc) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::text);
  row.syntax = std::string(syntax);
  if constexpr (option_codec::Scalar<T>) row.default_text = option_read::default_of(initial_.*member);
  return add_parsed(std::move(row), member, std::move(from_text));
}

template <class S>
template <class T, class Parse>
OptionTableOf<S>& OptionTableOf<S>::required_parsed(std::string_view name, T S::*member, Parse from_text,
                                                    std::string_view syntax, std::string_view doc) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::text);
  row.syntax = std::string(syntax);
  row.required = true;
  return add_parsed(std::move(row), member, std::move(from_text));
}

template <class S>
template <class T, class Parse>
OptionTableOf<S>& OptionTableOf<S>::tree(std::string_view name, T S::*member, Parse from_node, std::string_view syntax,
                                         std::string_view doc) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::tree);
  row.syntax = std::string(syntax);
  using Value = typename option_read::Unwrap<T>::Value;
  if constexpr (requires { Value::kFilledByEvent; }) row.filled_by_event = Value::kFilledByEvent;
  if constexpr (requires { (initial_.*member).written(); }) {
    if (!(initial_.*member).written().empty()) row.default_text = (initial_.*member).written();
  }
  add(std::move(row),
      [member, from_node](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
        if (option_read::holds_failed(node)) return;
        auto read = from_node(node);
        if (const TreeFault* fault = std::get_if<TreeFault>(&read)) {
          option_read::faulty(*fault, option, context);
        } else {
          static_cast<S*>(object)->*member = std::get<0>(std::move(read));
        }
      });
  return *this;
}

template <class S>
template <class T, class Parse>
OptionTableOf<S>& OptionTableOf<S>::required_tree(std::string_view name, T S::*member, Parse from_node,
                                                  std::string_view syntax, std::string_view doc) {
  tree(name, member, std::move(from_node), syntax, doc);
  docs_.back().required = true;
  return *this;
}

template <class S>
template <class T, class U>
OptionTableOf<S>& OptionTableOf<S>::section(std::string_view name, T S::*member, const OptionTableOf<U>& table,
                                            std::string_view doc) {
  static_assert(std::same_as<typename option_read::Unwrap<T>::Value, U>);
  OptionDoc row = option_read::row_of(name, doc, ValueKind::section);
  row.section = &table;
  add(std::move(row),
      [member, &table](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
        U* target = nullptr;
        if constexpr (std::same_as<T, U>) {
          target = &(static_cast<S*>(object)->*member);
        } else {
          target = &(static_cast<S*>(object)->*member).emplace();
        }
        option_read::read_section(table, target, node, option.name, context);
      });
  return *this;
}

template <class S>
template <class U>
OptionTableOf<S>& OptionTableOf<S>::list(std::string_view name, std::vector<U> S::*member,
                                         const OptionTableOf<U>& table, std::string_view doc) {
  OptionDoc row = option_read::row_of(name, doc, ValueKind::section);
  row.shape = OptionDoc::Shape::list;
  row.section = &table;
  add(std::move(row),
      [member, &table](void* object, const ConfigNode& node, const OptionDoc& option, ReadContext& context) {
        std::vector<U>& out = static_cast<S*>(object)->*member;
        out.clear();
        for (const ConfigNode& item : option_read::one_or_many(node, option, context)) {
          out.emplace_back();
          option_read::read_section(table, &out.back(), item, option.name, context);
        }
      });
  return *this;
}

template <class S>
template <class U>
OptionTableOf<S>& OptionTableOf<S>::required_list(std::string_view name, std::vector<U> S::*member,
                                                  const OptionTableOf<U>& table, std::string_view doc) {
  list(name, member, table, doc);
  docs_.back().required = true;
  return *this;
}

template <class S>
OptionTableOf<S>& OptionTableOf<S>::default_text(std::string_view text) {
  docs_.back().default_text = std::string(text);
  return *this;
}

template <class S>
OptionTableOf<S>& OptionTableOf<S>::shorthand(std::string_view option) {
  shorthand_ = std::string(option);
  return *this;
}

template <class S>
template <class F>
OptionTableOf<S>& OptionTableOf<S>::check(F fn) {
  checks_.push_back(
      [fn](const void* object) -> std::optional<OptionFault> { return fn(*static_cast<const S*>(object)); });
  return *this;
}

template <class S>
Result<S> OptionTableOf<S>::parse_text(std::string_view yaml) const {
  auto options = tidegate::parse_text(*this, yaml);
  if (!options) return std::move(options).error();
  return std::any_cast<S>(std::move(options).value());
}

}  // namespace tidegate

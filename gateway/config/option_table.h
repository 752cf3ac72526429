#pragma once

#include <any>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/base/config_node.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"
#include "gateway/config/diagnostics.h"
#include "gateway/config/option_codec.h"

/// One definition of the options of a section: it feeds the parser, the defaults, the JSON Schema and REFERENCE.md.
///
///     struct TlsOptions { std::filesystem::path ca_file; bool verify = true; };
///     const OptionTableOf<TlsOptions>& tls_table() {
///       static const auto table = OptionTableOf<TlsOptions>("TLS towards the broker.")
///           .file("ca_file", &TlsOptions::ca_file, "Certificates to trust, PEM.")
///           .option("verify", &TlsOptions::verify, "Check the peer's certificate.");
///       return table;
///     }
///
/// The initialisers of the struct are the defaults; they are never written a second time.
namespace tidegate {

class OptionTable;

enum class ValueKind : std::uint8_t {
  boolean,
  integer,
  number,
  text,
  path,
  duration,
  bytes,
  secret,
  choice,
  section,
  tree,  ///< any YAML, for whoever reads it: a pattern, a template
};

/// Bounds of a number, a size in bytes or a duration in ms, both inclusive.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
template <class A, class B>
Range between(A min, B max) {
  return {option_codec::measure(min), option_codec::measure(max)};
}
template <class A>
Range at_least(A min) {
  Range range;
  range.min = option_codec::measure(min);
  return range;
}

/// One row of a table, as the docs and the schema need it.
struct OptionDoc {
  enum class Shape : std::uint8_t { single, list, map };  ///< list: one value or a list; map: name -> value
  struct Choice {
    std::string name, doc;
  };
  std::string name;
  std::string doc;
  ValueKind kind = ValueKind::text;
  Shape shape = Shape::single;
  bool required = false;
  std::optional<std::string> default_text;  ///< as the user would write it; nullopt: not set
  Range range;
  std::vector<Choice> choices;           ///< of a choice
  const OptionTable* section = nullptr;  ///< of a section: its options
  std::string companion;                 ///< another option that sets the same value: only one of the two may be given
  std::string syntax;                    ///< what a parsed text must look like, for the docs; may be empty
  bool filled_by_event = false;          ///< ${} in it stands for a part of the event, not for a variable
};

/// A choice of an enumeration: its name in the config, its value, and a sentence.
template <class E>
struct Choice {
  std::string_view name;
  E value;
  std::string_view doc;
};

/// What a cross-field check found, and the option it is reported at.
struct OptionFault {
  std::string option;
  std::string message;
};

/// What reading options needs besides the options.
struct ReadContext {
  Diagnostics& diagnostics;
  std::filesystem::path folder;  ///< of the config file: relative paths start here
  std::string path;              ///< of the section being read: "sources.plant-floor"; empty at the top
  Position at;                   ///< of that section's name: where a missing option is reported
};

/// A table and the struct that its options go to.
struct ReadTarget {
  const OptionTable* table;
  void* object;
};

/// The options of one section. Immutable once built; kept in a function-local static. *Threads*: safe from any.
class OptionTable {
 public:
  virtual ~OptionTable() = default;

  /// Reads a map of options into a struct of the table's type. Every mistake goes to the diagnostics; when there were
  /// none the result is complete and within its limits.
  std::any parse(const ConfigNode& node, ReadContext& context) const;
  /// The struct with its defaults.
  [[nodiscard]] virtual std::any defaults() const = 0;
  /// The struct inside what defaults() or parse() returned.
  [[nodiscard]] virtual void* object_in(std::any& options) const = 0;

  [[nodiscard]] const std::vector<OptionDoc>& options() const noexcept { return docs_; }
  /// The row of this name, or null.
  [[nodiscard]] const OptionDoc* find(std::string_view name) const noexcept;
  [[nodiscard]] const std::string& doc() const noexcept { return doc_; }
  /// The option that a plain value in place of the map stands for; empty: there must be a map.
  [[nodiscard]] const std::string& shorthand() const noexcept { return shorthand_; }

 protected:
  explicit OptionTable(std::string_view doc) : doc_(doc) {}
  OptionTable(const OptionTable&) = default;
  OptionTable(OptionTable&&) = default;

  using Reader = std::function<void(void* object, const ConfigNode&, const OptionDoc&, ReadContext&)>;
  using Check = std::function<std::optional<OptionFault>(const void* object)>;
  void add(OptionDoc doc, Reader reader);

  std::vector<OptionDoc> docs_;
  std::vector<Reader> readers_;  ///< one per row of docs_
  std::vector<Check> checks_;
  std::string shorthand_;

 private:
  friend bool read_options(const ConfigNode&, std::span<const ReadTarget>, ReadContext&);
  std::string doc_;
};

/// Reads one map whose options belong to several tables (a sink: its connector's and those of delivery).
/// False when it reported an error.
bool read_options(const ConfigNode& node, std::span<const ReadTarget> targets, ReadContext& context);

/// A secret that may rest in a file, and can be read from there again after the peer refused it.
class StoredSecret {
 public:
  StoredSecret() = default;
  explicit StoredSecret(Secret value) : value_(std::move(value)) {}
  StoredSecret(Secret value, std::filesystem::path file) : value_(std::move(value)), file_(std::move(file)) {}

  [[nodiscard]] const Secret& value() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
  /// Reads the file again. True when the secret has changed; false when not, when it can't be read, or came without a
  /// file. *Blocks* on disk.
  bool refresh();

 private:
  Secret value_;
  std::filesystem::path file_;
};

/// The content of a secret's file without its last line break.
/// *Errors*: io, with the system's reason; invalid when it is empty or larger than limits::kSecretFileBytesMax.
Result<Secret> read_secret_file(const std::filesystem::path& file);

/// Reads options from a YAML text, without files or environment around it: for tests of a table.
Result<std::any> parse_text(const OptionTable& table, std::string_view yaml);

/// The options of struct S, built by chaining. The member initialisers of S are the defaults.
template <class S>
class OptionTableOf final : public OptionTable {
 public:
  explicit OptionTableOf(std::string_view doc = "") : OptionTable(doc) {}

  [[nodiscard]] std::any defaults() const override { return S{}; }
  [[nodiscard]] void* object_in(std::any& options) const override { return std::any_cast<S>(&options); }

  /// bool, integers, double, std::string, std::filesystem::path (relative ones start at the config file's folder),
  /// std::chrono durations (written with a unit), Secret; std::optional of these (not set unless given); std::vector
  /// of these (one value or a list); std::map<std::string, ...> of these.
  template <class T>
  OptionTableOf& option(std::string_view name, T S::*member, std::string_view doc, Range range = {});
  /// As option(), and it must be given.
  template <class T>
  OptionTableOf& required(std::string_view name, T S::*member, std::string_view doc, Range range = {});
  /// A size in bytes held in an unsigned integer; written with a unit.
  template <class T>
  OptionTableOf& bytes(std::string_view name, T S::*member, std::string_view doc, Range range = {});
  /// A Secret or StoredSecret. Adds `NAME_file`, which reads it from a file; at most one of the two may be given.
  template <class T>
  OptionTableOf& secret(std::string_view name, T S::*member, std::string_view doc);
  /// As secret(), and one of the two must be given.
  template <class T>
  OptionTableOf& required_secret(std::string_view name, T S::*member, std::string_view doc);
  /// A path to a file that must be readable when the config is loaded.
  OptionTableOf& file(std::string_view name, std::filesystem::path S::*member, std::string_view doc);
  /// One of a few names.
  template <class E>
  OptionTableOf& choice(std::string_view name, E S::*member,
                        std::initializer_list<Choice<std::type_identity_t<E>>> choices, std::string_view doc);
  /// A text with a form of its own (a URL, a topic filter), which `from_text` turns into T. Its error message goes on
  /// after the offending text: "is not ...". `syntax` says what it looks like, for the docs. T may sit in an optional.
  template <class T, class Parse>
  OptionTableOf& parsed(std::string_view name, T S::*member, Parse from_text, std::string_view syntax,
                        std::string_view doc);
  template <class T, class Parse>
  OptionTableOf& required_parsed(std::string_view name, T S::*member, Parse from_text, std::string_view syntax,
                                 std::string_view doc);
  /// A value with a form of its own that is more than a text (an event pattern, a template): `from_node` turns the tree
  /// into T, or returns the TreeFault to report. T may sit in an optional. With a T::kFilledByEvent that is true, ${}
  /// in the value is left to the event; what written() of the initialiser says is the default that the docs show.
  template <class T, class Parse>
  OptionTableOf& tree(std::string_view name, T S::*member, Parse from_node, std::string_view syntax,
                      std::string_view doc);
  /// As tree(), and it must be given.
  template <class T, class Parse>
  OptionTableOf& required_tree(std::string_view name, T S::*member, Parse from_node, std::string_view syntax,
                               std::string_view doc);
  /// A map of options of its own. In a std::optional: not set unless given.
  template <class T, class U>
  OptionTableOf& section(std::string_view name, T S::*member, const OptionTableOf<U>& table, std::string_view doc);
  /// A list of sections; one alone may be given without the list.
  template <class U>
  OptionTableOf& list(std::string_view name, std::vector<U> S::*member, const OptionTableOf<U>& table,
                      std::string_view doc);
  /// As list(), and at least one must be given.
  template <class U>
  OptionTableOf& required_list(std::string_view name, std::vector<U> S::*member, const OptionTableOf<U>& table,
                               std::string_view doc);

  /// Says what the docs show as the default of the last option, where the initialiser is not what the user sees
  /// ("the gateway's id").
  OptionTableOf& default_text(std::string_view text);
  /// Lets a plain value in place of the map stand for this option: `subscribe: "a/#"`.
  OptionTableOf& shorthand(std::string_view option);
  /// A check across options: `const S&` to std::optional<OptionFault>. Runs when the options have no other error.
  template <class F>
  OptionTableOf& check(F fn);

  /// Reads options from a YAML text, for tests of the table. *Errors*: invalid, with every diagnostic.
  [[nodiscard]] Result<S> parse_text(std::string_view yaml) const;

 private:
  template <class T>
  OptionTableOf& add_value(std::string_view name, T S::*member, std::string_view doc, Range range, bool required);
  template <class T, class Parse>
  OptionTableOf& add_parsed(OptionDoc row, T S::*member, Parse from_text);
  template <class T>
  OptionTableOf& add_secret(std::string_view name, T S::*member, std::string_view doc, bool required);

  S initial_{};  ///< where the defaults are read off
};

}  // namespace tidegate

#include "gateway/config/option_table_impl.h"

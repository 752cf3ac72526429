#include "connectors/kafka/producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "connectors/kafka/limits.h"

namespace tidegate::kafka {

namespace {

/// Levels of syslog, in which librdkafka logs.
constexpr int kCritical = 2;

std::string text(std::chrono::milliseconds time) { return std::to_string(time.count()); }

std::string_view name_of(Compression compression) {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return "gzip";
    case Compression::snappy: return "snappy";
    case Compression::lz4: return "lz4";
    case Compression::zstd: return "zstd";
  }
  return "none";
}

std::string_view name_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::plain: return "PLAIN";
    case Mechanism::scram_sha_256: return "SCRAM-SHA-256";
    case Mechanism::scram_sha_512: break;
  }
  return "SCRAM-SHA-512";
}

std::string_view protocol(const SinkOptions& options) {
  if (options.sasl) return options.tls ? "sasl_ssl" : "sasl_plaintext";
  return options.tls ? "ssl" : "plaintext";
}

void add_security(const SinkOptions& options, Properties& out) {
  out.emplace_back("security.protocol", protocol(options));
  if (options.sasl) {
    out.emplace_back("sasl.mechanisms", name_of(options.sasl->mechanism));
    out.emplace_back("sasl.username", options.sasl->user);
    out.emplace_back("sasl.password", options.sasl->password.value().reveal());
  }
  if (!options.tls) return;
  const TlsOptions& tls = *options.tls;
  if (!tls.ca_file.empty()) out.emplace_back("ssl.ca.location", tls.ca_file.string());
  if (!tls.cert_file.empty()) {
    out.emplace_back("ssl.certificate.location", tls.cert_file.string());
    out.emplace_back("ssl.key.location", tls.key_file.string());
  }
  out.emplace_back("enable.ssl.certificate.verification", tls.insecure_skip_verify ? "false" : "true");
  out.emplace_back("ssl.endpoint.identification.algorithm", tls.insecure_skip_verify ? "none" : "https");
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& each : texts) out += (out.empty() ? "" : ",") + each;
  return out;
}

}  // namespace

Properties properties_for(const SinkOptions& options, std::string client_id, std::size_t request_bytes) {
  Properties out = {
      {"bootstrap.servers", joined(options.brokers)},
      {"client.id", std::move(client_id)},
      {"acks", "all"},
      {"enable.idempotence", "true"},
      // A message that fails for good ends the producer before a later one of its partition can be taken.
      {"enable.gapless.guarantee", "true"},
      {"max.in.flight", std::to_string(limits::kRequestsInFlightMax)},
      // Never: a message that timed out would be overtaken by the next one. The sink itself gives up, all at once.
      {"message.timeout.ms", "0"},
      {"partitioner", "murmur2_random"},  // as Java's producers: the same keys meet in the same partitions
      {"compression.codec", std::string(name_of(options.compression))},
      {"linger.ms", text(options.linger)},
      {"message.max.bytes", std::to_string(options.max_message_bytes)},
      {"batch.size", std::to_string(request_bytes)},
      {"queue.buffering.max.messages", std::to_string(limits::kMessagesOpenMax)},
      {"queue.buffering.max.kbytes", std::to_string(limits::kMessageBytesOpenMax >> 10)},
      {"allow.auto.create.topics", options.create_topics ? "true" : "false"},
      {"topic.metadata.refresh.interval.ms", text(limits::kMetadataInterval)},
      {"topic.metadata.propagation.max.ms", text(std::min(options.timeout.delivery / 2, milliseconds{30'000}))},
      {"socket.connection.setup.timeout.ms", text(options.timeout.connect)},
      {"socket.keepalive.enable", "true"},
      {"reconnect.backoff.ms", text(limits::kReconnectMin)},
      {"reconnect.backoff.max.ms", text(limits::kReconnectMax)},
      {"retry.backoff.ms", text(limits::kRetryPause)},
      {"log.connection.close", "false"},
  };
  add_security(options, out);
  return out;
}

Result<std::unique_ptr<Producer>> Producer::create(const Properties& properties, std::size_t request_bytes,
                                                   ProducerObserver& observer, const Log& log) {
  std::unique_ptr<Producer> made(new Producer(request_bytes, observer, log));
  std::unique_ptr<rd_kafka_conf_t, Destroy> conf(rd_kafka_conf_new());
  std::array<char, limits::kErrorTextBytes> words{};
  for (const auto& [name, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), words.data(), words.size()) != RD_KAFKA_CONF_OK)
      return Error{ErrorCode::invalid, fmt::format("librdkafka does not take {}", name)};  // its words quote the value
  }
  rd_kafka_conf_set_opaque(conf.get(), made.get());
  rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(conf.get(), &Producer::on_event);
  rd_kafka_conf_set_log_cb(conf.get(), &Producer::on_log);
  made->handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), words.data(), words.size()));
  if (!made->handle_) return Error{ErrorCode::unavailable, fmt::format("librdkafka cannot start: {}", words.data())};
  (void)conf.release();  // the handle's now
  rd_kafka_queue_t* main = rd_kafka_queue_get_main(made->handle_.get());
  rd_kafka_queue_t* background = rd_kafka_queue_get_background(made->handle_.get());
  rd_kafka_queue_forward(main, background);
  rd_kafka_queue_destroy(background);
  rd_kafka_queue_destroy(main);
  return made;
}

Producer::~Producer() = default;

rd_kafka_topic_t* Producer::topic(const std::string& name) {
  if (const auto found = topics_.find(name); found != topics_.end()) return found->second.get();
  Topic made(rd_kafka_topic_new(handle_.get(), name.c_str(), nullptr));
  if (!made) return nullptr;
  return topics_.emplace(name, std::move(made)).first->second.get();
}

rd_kafka_resp_err_t Producer::produce(const Outgoing& message, std::uint64_t ticket) {
  rd_kafka_topic_t* to = topic(message.topic);
  if (to == nullptr) return RD_KAFKA_RESP_ERR__INVALID_ARG;
  std::array<rd_kafka_vu_t, 6> parts{};
  std::size_t count = 0;
  const auto add = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
    parts[count].vtype = type;
    return parts[count++];
  };
  const auto add_bytes = [&](rd_kafka_vtype_t type, std::string_view bytes) {
    rd_kafka_vu_t& part = add(type);
    part.u.mem.ptr = const_cast<char*>(bytes.data());  // librdkafka reads only
    part.u.mem.size = bytes.size();
  };
  add(RD_KAFKA_VTYPE_RKT).u.rkt = to;
  // The field is a pointer, and a number is what it carries.
  add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = reinterpret_cast<void*>(ticket);  // NOLINT(performance-no-int-to-ptr)
  add(RD_KAFKA_VTYPE_MSGFLAGS).u.i = message.owns_value ? RD_KAFKA_MSG_F_COPY : 0;
  add_bytes(RD_KAFKA_VTYPE_VALUE, message.value);
  if (message.has_key) add_bytes(RD_KAFKA_VTYPE_KEY, message.key);
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers().empty()) {
    headers = rd_kafka_headers_new(message.headers().size());
    for (const Header& header : message.headers()) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    }
    add(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
  }
  rd_kafka_error_t* error = rd_kafka_produceva(handle_.get(), parts.data(), count);
  if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return code;
}

void Producer::purge() {
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

ClusterView Producer::look(const std::string& name, milliseconds timeout) {
  ClusterView view;
  rd_kafka_topic_t* asked = name.empty() ? nullptr : topic(name);
  const rd_kafka_metadata_t* metadata = nullptr;
  view.error = rd_kafka_metadata(handle_.get(), 0, asked, &metadata, static_cast<int>(timeout.count()));
  if (view.error != RD_KAFKA_RESP_ERR_NO_ERROR) return view;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (name != metadata->topics[i].topic) continue;
    view.topic_error = metadata->topics[i].err;
    view.partitions = metadata->topics[i].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return view;
}

void Producer::on_event(rd_kafka_t* handle, rd_kafka_event_t* event, void* self) {
  auto& producer = *static_cast<Producer*>(self);
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR: producer.report(handle, event); break;
    case RD_KAFKA_EVENT_ERROR: producer.fail(handle, event); break;
    default: break;
  }
  rd_kafka_event_destroy(event);
}

void Producer::report(rd_kafka_t* handle, rd_kafka_event_t* event) {
  messages_.resize(rd_kafka_event_message_count(event));
  messages_.resize(rd_kafka_event_message_array(event, messages_.data(), messages_.size()));
  reports_.clear();
  for (const rd_kafka_message_t* message : messages_) {
    Report& report = reports_.emplace_back();
    report.ticket = reinterpret_cast<std::uintptr_t>(message->_private);
    report.ending.error = message->err;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (message->err == RD_KAFKA_RESP_ERR__FATAL || message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE) {
      // A producer that ends fails what it has; these reports may come before the event that says why.
      std::array<char, limits::kErrorTextBytes> words{};
      const rd_kafka_resp_err_t why = rd_kafka_fatal_error(handle, words.data(), words.size());
      if (why != RD_KAFKA_RESP_ERR_NO_ERROR) report.ending.error = why;
    }
    report.ending.status = rd_kafka_message_status(message);
    report.ending.alone = request_bytes_ == 1 || message->len + message->key_len >= request_bytes_;
  }
  observer_.reported(reports_);
}

void Producer::fail(rd_kafka_t* handle, rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR__FATAL)
    return observer_.failed(rd_kafka_event_error(event), rd_kafka_event_error_string(event), false);
  std::array<char, limits::kErrorTextBytes> words{};
  const rd_kafka_resp_err_t error = rd_kafka_fatal_error(handle, words.data(), words.size());
  observer_.failed(error, words.data(), true);
}

void Producer::on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  // The lane tells when a peer goes and comes back; what each connection tries is for those who look closer.
  const auto* producer = static_cast<const Producer*>(handle != nullptr ? rd_kafka_opaque(handle) : nullptr);
  if (producer == nullptr) return;
  const bool is_told = std::string_view(facility) == "FATAL";  // as an error, to the observer
  if (level <= kCritical && !is_told) {
    producer->log_.warn("librdkafka {}: {}", facility, text);
  } else {
    producer->log_.debug("librdkafka {}: {}", facility, text);
  }
}

}  // namespace tidegate::kafka

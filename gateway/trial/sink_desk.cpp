#include "gateway/trial/sink_desk.h"

#include "gateway/transform/lane_shaper.h"

namespace tidegate {

Result<SinkLimits> SinkDesk::limits(const RouteConfig& route, const SinkConfig& sink) {
  auto made = sink.type->make_sink(context_for(route, sink), sink.options);
  if (!made) return std::move(made).error();
  const SinkLimits limits = (*made)->limits();
  (*made)->close();
  return limits;
}

Result<Preview> SinkDesk::preview(const RouteConfig& route, const SinkConfig& sink, const OutEvent& event) {
  if (sink.type->preview != nullptr) return sink.type->preview(context_for(route, sink), sink.options, event);
  return Preview{sink.name, event.event.datacontenttype, event.event.data};
}

Result<std::unique_ptr<Shaper>> SinkDesk::shaper(const RouteConfig& route, const SinkConfig& sink, LaneId) {
  const std::string lane = config_.gateway.id + "/" + route.name + "/" + sink.name;
  return make_lane_shaper({route.topic, route.transform, route.reduce, lane, kTrialSources, route.name});
}

ConnectorContext SinkDesk::context_for(const RouteConfig& route, const SinkConfig& sink) {
  ConnectorContext context;
  context.gateway_id = config_.gateway.id;
  context.name = sink.name;
  context.route = route.name;
  context.clock = &clock_;
  context.random = &random_;
  context.health = &health_;
  context.metrics = &metrics_;
  context.delivery = &sink.delivery;
  return context;
}

}  // namespace tidegate

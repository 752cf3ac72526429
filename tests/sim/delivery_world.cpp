#include "tests/sim/delivery_world.h"

#include <algorithm>

namespace tidegate::testing {

namespace {

constexpr LaneId kLane{3};
/// After the receiver has healed everything must be settled within this, whatever waits and intervals were drawn.
constexpr std::chrono::hours kEndsWithin{72};
constexpr std::size_t kStepsMax = 2'000'000;

}  // namespace

DeliveryWorld::DeliveryWorld(std::uint64_t seed) : random_(seed), lane_random_(seed + 1) {
  draw_options();
  checker_ = std::make_unique<DeliveryChecker>(options_,
                                               std::min<std::size_t>(sink_.batches_in_flight_max, options_.in_flight));
  draw_misbehaviour();
  receiver_ = std::make_unique<FaultyReceiver>(how_, random_);
  spool_ = std::make_unique<ModelSpool>(kLane, [this](const std::string& text) { checker_->fault(text); });
  draw_happenings();
  draw_shaping();
  start_lane();
}

void DeliveryWorld::draw_options() {
  options_.order = chance(70) ? Order::by_key : chance(50) ? Order::strict : Order::none;
  options_.batch.max_events = chance(20) ? 1 : between(2, 40);
  options_.batch.max_bytes = chance(80) ? 1u << 20 : between(50, 2000);
  options_.batch.max_wait = milliseconds{between(0, 500)};
  options_.in_flight = static_cast<std::uint32_t>(between(1, 6));
  options_.retry.initial = milliseconds{between(1, 1000)};
  options_.retry.max = milliseconds{between(1000, 120'000)};
  options_.breaker.failures = chance(20) ? 0 : static_cast<std::uint32_t>(between(1, 6));
  options_.breaker.interval = milliseconds{between(500, 30'000)};
  if (chance(15)) options_.rate_limit = static_cast<double>(between(1, 200));
  if (chance(10)) options_.max_attempts = static_cast<std::uint32_t>(between(1, 20));
  if (chance(10)) options_.max_age = milliseconds{between(1000, 3'600'000)};
  sink_ = {chance(80) ? 1000 : between(1, 10), 1u << 20, between(1, 8)};
  sink_.gathers = chance(30);
  if (!sink_.gathers) return;
  options_.batch.max_events = chance(80) ? between(20, 2000) : between(1, 20);
  options_.batch.max_wait = milliseconds{between(0, chance(50) ? 500 : 60'000)};
  sink_.batch_events_max = between(1, 40);
}

void DeliveryWorld::draw_misbehaviour() {
  const SteadyTime start = clock_.steady();
  const auto at = [&](std::uint64_t most_ms) { return start + milliseconds{between(0, most_ms)}; };
  const std::uint64_t life = between(1000, 21'600'000);
  how_.heals_at = start + milliseconds{life};
  for (std::uint64_t i = between(0, 2); i > 0; --i) {
    const SteadyTime from = at(life);
    how_.outages.push_back({from, std::min(from + milliseconds{between(0, 14'400'000)}, how_.heals_at)});
  }
  if (chance(15)) how_.unauthorized = {at(life), how_.heals_at};
  if (chance(10)) how_.gone = {at(life), how_.heals_at};
  if (chance(40)) how_.peer_down = between(1, 60);
  if (chance(40)) how_.lost_answer = between(1, 40);
  if (chance(30)) how_.throttled = between(1, 40);
  if (chance(30)) how_.partial = between(1, 50);
  if (chance(30)) how_.poison = between(1, 20);
  how_.poison_is_named = chance(40);
  if (chance(20)) how_.batch_bytes_max = between(1, 2000);
  if (chance(35)) how_.stuck_keys = between(5, 60);
  how_.stuck_fails_the_batch = chance(40);
  how_.in_order = options_.order == Order::strict;
  how_.gathers = sink_.gathers;
  if (how_.gathers && chance(50)) how_.undone = between(1, 30);
  how_.latency_max = milliseconds{between(1, chance(20) ? 30'000 : 200)};
}

void DeliveryWorld::draw_happenings() {
  keys_ = chance(20) ? 1 : between(2, 30);
  ours_percent_ = chance(50) ? 100 : between(10, 99);
  arrivals_left_ = chance(10) ? between(600, 3000) : between(1, 300);
  commit_max_ = milliseconds{between(1, chance(10) ? 20'000 : 20)};
  const std::uint64_t life = static_cast<std::uint64_t>((how_.heals_at - born_) / milliseconds{1});
  plan(milliseconds{0}, {Kind::arrival});
  for (std::uint64_t i = chance(50) ? 0 : between(1, 4); i > 0; --i) {
    plan(milliseconds{between(0, life)}, {Kind::crash});
  }
  for (std::uint64_t i = chance(80) ? 0 : between(1, 3); i > 0; --i) {
    plan(milliseconds{between(0, life)}, {Kind::evict});
  }
  if (how_.gone.to > how_.gone.from) {
    plan(milliseconds{between(0, life)}, {Kind::resume});
    plan(milliseconds{life + 60'000}, {Kind::resume});  // after the last answer from before
  }
  gives_back_ = how_.poison > 0 && chance(30);
  if (gives_back_) plan(milliseconds{life / 2}, {Kind::give_back});
  for (const Span& outage : how_.outages) {
    plan(outage.from - born_ > milliseconds{0} ? std::chrono::duration_cast<milliseconds>(outage.from - born_)
                                               : milliseconds{0},
         {Kind::outage_edge});
    plan(std::chrono::duration_cast<milliseconds>(outage.to - born_), {Kind::outage_edge});
  }
}

void DeliveryWorld::draw_shaping() {
  habits_.seed = random_.next();
  if (!chance(50)) return;
  if (chance(40)) habits_.filtered = between(1, 95);
  if (chance(40)) habits_.failed = between(1, 100 - habits_.filtered);
  if (chance(70)) habits_.changed = chance(50) ? 100 : between(1, 99);
  if (chance(60)) habits_.parts_max = static_cast<std::uint32_t>(chance(70) ? between(2, 5) : between(6, 80));
  if (chance(50)) habits_.sums = between(1, 30);
  habits_.hesitates = chance(30);
}

void DeliveryWorld::start_lane() {
  shaper_ = std::make_unique<ScriptedShaper>(habits_, random_);
  shaper_->restore(spool_->state_rows());
  lane_ =
      std::make_unique<Scheduler>(options_, sink_, spool_->state(), spool_->deferred(), *shaper_, lane_random_, now());
}

/// Parts of an event that died later may be on their way still, and come again with it.
void DeliveryWorld::give_back() {
  const std::vector<Seq> seqs = spool_->retry_dead();
  checker_->given_back(seqs);
  const auto on_their_way = [&](const std::vector<Parcel>& parcels) {
    for (const Parcel& parcel : parcels) {
      if (std::ranges::find(seqs, parcel.seq) != seqs.end()) checker_->may_repeat(parcel);
    }
  };
  on_their_way(receiver_->held());
  for (const auto& [number, request] : requests_) on_their_way(request.verdict.taken);
}

/// What the receiver held is lost: the lane goes on from what is durable.
void DeliveryWorld::begin_anew() {
  auto shaper = std::make_unique<ScriptedShaper>(habits_, random_);
  shaper->restore(spool_->state_rows());
  checker_->reads_again(*spool_);
  lane_->begin_anew(spool_->state(), spool_->deferred(), *shaper, now());
  shaper_ = std::move(shaper);
}

void DeliveryWorld::send(const Batch& batch) {
  const std::uint64_t number = ++last_request_;
  Request& request = requests_[number];
  for (const OutEvent* out : batch.events) {
    const std::string& id = out->event.id;
    const std::size_t dot = id.find('.');
    const std::uint32_t part =
        dot == std::string::npos ? 0 : static_cast<std::uint32_t>(std::stoul(id.substr(dot + 1)));
    const Seq seq = id.starts_with(kSumPrefix) ? emitted_.at(id) : Seq{std::stoull(id)};
    request.parcels.push_back({seq, part, out->event.subject, payload_bytes(out->event)});
  }
  request.verdict = receiver_->judge(batch.id, request.parcels, batch.more, clock_.steady());
  checker_->request(requests_.size());
  plan(milliseconds{between(1, static_cast<std::uint64_t>(how_.latency_max.count()))}, {Kind::answer, number});
}

/// What the worker does between two waits.
void DeliveryWorld::step() {
  Gate& gate = lane_->gate();
  if (gate.wants_refresh(clock_.steady())) gate.refreshed();
  if (gate.wants_connect(clock_.steady())) {
    if (receiver_->is_down(clock_.steady())) {
      gate.connect_failed(clock_.steady(), "down");
    } else {
      gate.connected();
    }
  }
  while (lane_->deferred_to_shape()) lane_->shape_deferred(now());
  while (const auto wish = lane_->wants_read(now())) {
    lane_->accept(spool_->read(wish->from, wish->events_max, wish->bytes_max), now());
    while (const auto batch = lane_->next_batch(now())) send(*batch);
  }
  lane_->tick(now());
  while (const auto batch = lane_->next_batch(now())) send(*batch);
  if (lane_->gathering() && chance(1)) lane_->end_gathering();
  while (auto settlement = lane_->next_settlement(now(), lane_->undone())) {
    deferrals_ += settlement->deferred.size();
    spool_->settle(std::move(*settlement));
  }
  if (lane_->undone() && !lane_->waits_for_settlement()) begin_anew();
  if (spool_->queued() > 0 && !commit_planned_) {
    commit_planned_ = true;
    plan(milliseconds{between(1, static_cast<std::uint64_t>(commit_max_.count()))}, {Kind::commit});
  }
  // A look for dead letters given back is harmless at any moment.
  if (gives_back_ && chance(20)) lane_->merge_deferred(spool_->deferred(), now());
  checker_->held(lane_->window().held(), lane_->window().events_max(), lane_->window().deferred().size());
}

/// What the lane emitted is in the log now, as an event of its own.
void DeliveryWorld::meet_emitted() {
  while (ours_.size() < spool_->last()) {
    const Seq seq{ours_.size() + 1};
    ours_.push_back(true);
    emitted_[spool_->event(seq).id] = seq;
    checker_->shaped_as(seq, {});
    if (receiver_->is_poison(seq, 0)) checker_->is_poison(seq);
    lane_->more_committed();
  }
}

void DeliveryWorld::arrive() {
  const std::uint64_t burst = std::min<std::uint64_t>(arrivals_left_, between(1, 200));
  for (std::uint64_t i = 0; i < burst; ++i) {
    Event event;
    event.id = std::to_string(ours_.size() + 1);
    event.subject = "key-" + std::to_string(random_.below(keys_));
    event.time = clock_.wall();
    event.data.assign(random_.below(100), 'x');
    const bool ours = chance(ours_percent_);
    const Seq seq = spool_->append(std::move(event), ours);
    const ScriptedShaper::Plan plan = shaper_->plan(seq);
    checker_->shaped_as(seq, plan);
    for (std::uint32_t part = plan.parts == 0 ? 0 : 1; part <= plan.parts; ++part) {
      if (ours && receiver_->is_poison(seq, part)) checker_->is_poison(seq);
    }
    ours_.push_back(ours);
  }
  arrivals_left_ -= burst;
  lane_->more_committed();
  const auto left = static_cast<std::uint64_t>(
      std::max<milliseconds::rep>(1000, (how_.heals_at - clock_.steady()) / milliseconds{1}));
  if (arrivals_left_ > 0) plan(milliseconds{between(0, chance(50) ? 1000 : left)}, {Kind::arrival});
}

void DeliveryWorld::answer(std::uint64_t number) {
  const auto found = requests_.find(number);
  if (found == requests_.end()) return;  // died with the process
  const Request request = std::move(found->second);
  requests_.erase(found);
  for (const Parcel& parcel : request.verdict.taken) {
    checker_->taken(parcel);
    if (request.verdict.answer_lost) checker_->may_repeat(parcel);
  }
  lane_->ended(request.verdict.settled, now());
}

void DeliveryWorld::crash() {
  // What was on its way may have arrived.
  for (const auto& [number, request] : requests_) {
    if (!chance(50)) continue;
    for (const Parcel& parcel : request.verdict.taken) checker_->taken(parcel);
  }
  requests_.clear();
  receiver_->forget_held();
  lane_.reset();
  spool_->crash();
  checker_->reads_again(*spool_);
  checker_->outage_budget_renewed();
  if (options_.max_age.count() == 0 && chance(30)) {
    clock_.set_wall(clock_.wall() + milliseconds{between(0, 1'000'000'000)} - milliseconds{500'000'000});
  }
  start_lane();
}

void DeliveryWorld::happen(const Happening& happening) {
  switch (happening.kind) {
    case Kind::arrival: return arrive();
    case Kind::answer: return answer(happening.request);
    case Kind::commit:
      commit_planned_ = false;
      if (!spool_->commit()) return;
      meet_emitted();
      return lane_->settlement_done();
    case Kind::crash: return crash();
    case Kind::evict: {
      const Seq cursor = spool_->state().cursor;
      const std::uint64_t ahead = spool_->last() - cursor.value;
      if (ahead > 0) lane_->evict(spool_->evict(Seq{cursor.value + between(1, ahead)}));
      return;
    }
    case Kind::resume: checker_->outage_budget_renewed(); return lane_->gate().resume(clock_.steady());
    case Kind::give_back: give_back(); return lane_->merge_deferred(spool_->deferred(), now());
    case Kind::outage_edge:
      if (receiver_->is_down(clock_.steady()) == down_) return;
      down_ = !down_;
      return down_ ? checker_->outage_began(clock_.steady()) : checker_->outage_ended(clock_.steady());
  }
}

bool DeliveryWorld::over() const {
  return arrivals_left_ == 0 && clock_.steady() > how_.heals_at && requests_.empty() && spool_->queued() == 0 &&
         spool_->pending() == 0;
}

std::vector<std::string> DeliveryWorld::run() {
  std::size_t steps = 0;
  while (checker_->faults().empty()) {
    step();
    if (over()) break;
    const SteadyTime look = std::max(lane_->look_again(now()), clock_.steady());
    SteadyTime next = plan_.empty() ? look : std::min(look, plan_.begin()->first);
    // As the worker does, look at the log now and then without having been told.
    next = std::min(next, clock_.steady() + std::chrono::seconds{600});
    clock_.advance(std::chrono::ceil<milliseconds>(next - clock_.steady()));
    while (!plan_.empty() && plan_.begin()->first <= clock_.steady()) {
      const Happening happening = plan_.begin()->second;
      plan_.erase(plan_.begin());
      happen(happening);
    }
    if (clock_.steady() > how_.heals_at + kEndsWithin || ++steps > kStepsMax) {
      checker_->fault("it does not end although the receiver is healthy");
    }
  }
  if (checker_->faults().empty()) checker_->finished(*spool_, ours_);
  if (checker_->faults().empty() && habits_.sums > 0) checker_->sums_are_complete(*spool_);
  return checker_->faults();
}

milliseconds DeliveryWorld::lived() const { return std::chrono::duration_cast<milliseconds>(clock_.steady() - born_); }

}  // namespace tidegate::testing

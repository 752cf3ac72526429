#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/base/mutex.h"

namespace tidegate {

/// Carries receipts from the committer thread to the network thread, one wake-up per burst: calls owner.collect()
/// there, which takes them. Shared with every receipt that is still to come; these may outlive the owner. *Threads*:
/// safe from any.
template <class Owner, class Item>
class ReceiptBox {
 public:
  ReceiptBox(boost::asio::io_context& net, std::weak_ptr<Owner> owner) : net_(&net), owner_(std::move(owner)) {}

  void put(Item item) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (net_ == nullptr) return;
    arrived_.push_back(std::move(item));
    if (std::exchange(woken_, true)) return;
    boost::asio::post(*net_, [owner = owner_] {
      if (const auto alive = owner.lock()) alive->collect();
    });
  }
  /// Replaces what `into` holds.
  void take(std::vector<Item>& into) EXCLUDES(mutex_) {
    into.clear();
    const MutexLock lock(mutex_);
    into.swap(arrived_);
    woken_ = false;
  }
  /// Receipts after this are dropped.
  void close() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    net_ = nullptr;
    arrived_.clear();
  }

 private:
  Mutex mutex_;
  boost::asio::io_context* net_ GUARDED_BY(mutex_);
  const std::weak_ptr<Owner> owner_;
  std::vector<Item> arrived_ GUARDED_BY(mutex_);
  bool woken_ GUARDED_BY(mutex_) = false;
};

}  // namespace tidegate

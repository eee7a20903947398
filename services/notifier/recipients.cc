#include "services/notifier/recipients.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "platform/mime/address.h"

namespace plazo::notifier {

using namespace core::v1;

namespace {

constexpr std::string_view kManagement = "management";

// Our own addresses are never answered, but people of ours may read at them (F4); only the address
// we send from would come back to us.
class Usable {
 public:
  Usable(const policy::v1::Policy& policy, std::span<const ids::MarkKey> keys, bool staff)
      : keys_(keys), domain_("@" + mime::NormalizeAddress(policy.mail().domain())) {
    own_.insert(mime::NormalizeAddress(policy.mail().from_address()));
    if (staff) return;
    for (const std::string& own : policy.mail().own_addresses()) {
      own_.insert(mime::NormalizeAddress(own));
    }
  }

  bool operator()(const std::string& address) const {
    if (!mime::ValidAddress(address).ok()) return false;
    const std::string normal = mime::NormalizeAddress(address);
    if (own_.contains(normal)) return false;
    // A Reply-To of ours.
    return !(normal.ends_with(domain_) && ids::ReadMark(keys_, normal));
  }

 private:
  const std::span<const ids::MarkKey> keys_;
  const std::string domain_;
  std::set<std::string> own_;
};

bool HasBounced(const CustomerState& customer, const std::string& address) {
  const std::string normal = mime::NormalizeAddress(address);
  return std::any_of(customer.address_health().begin(), customer.address_health().end(),
                     [&](const AddressHealth& health) {
                       return health.bounced() &&
                              mime::NormalizeAddress(health.address()) == normal;
                     });
}

class Selection {
 public:
  explicit Selection(Usable usable) : usable_(std::move(usable)) {}

  void Add(const std::string& address) { AddTo(recipients_.to, address); }
  void AddCopy(const std::string& address) { AddTo(recipients_.copies, address); }
  bool empty() const { return recipients_.to.empty(); }
  Recipients Finish() { return std::move(recipients_); }

 private:
  void AddTo(std::vector<std::string>& addresses, const std::string& address) {
    if (usable_(address) && seen_.insert(mime::NormalizeAddress(address)).second) {
      addresses.push_back(address);
    }
  }

  const Usable usable_;
  std::set<std::string> seen_;
  Recipients recipients_;
};

// Where the provider wants the copy of a notice to go (F28, F29).
NotificationType TypeOf(const DeliveryIntent& intent, const policy::v1::Policy& policy) {
  const bool registered =
      intent.kind() == NOTIFICATION_KIND_NOTICE &&
      policy.notices().mail_copy() == policy::v1::NOTICE_COPY_REGISTERED_ADDRESS;
  return registered ? NOTIFICATION_TYPE_UNSPECIFIED : intent.customer().type();
}

// No type: the registered address.
void AddCustomer(const CustomerState& customer, NotificationType type, Selection& to) {
  const auto add = [&](const std::string& address) {
    if (!HasBounced(customer, address)) to.Add(address);
  };
  for (const NotificationAddresses& each : customer.profile().notification_addresses()) {
    if (type == NOTIFICATION_TYPE_UNSPECIFIED || each.type() != type) continue;
    for (const std::string& address : each.addresses()) add(address);
  }
  if (to.empty()) add(customer.profile().email());
}

void AddStaff(const policy::v1::Policy& policy, std::string_view staff, Selection& to) {
  if (staff == kManagement) {
    for (const std::string& address : policy.management().addresses()) to.Add(address);
    return;
  }
  for (const policy::v1::Team& team : policy.teams()) {
    if (team.id() != staff) continue;
    for (const std::string& address : team.addresses()) to.Add(address);
  }
}

}  // namespace

Recipients RecipientsOf(const DeliveryIntent& intent, const CustomerState* customer,
                        const policy::v1::Policy& policy, std::span<const ids::MarkKey> keys) {
  Selection selection(Usable(policy, keys, intent.has_staff()));
  switch (intent.recipient_case()) {
    case DeliveryIntent::kCustomer:
      if (customer != nullptr && !customer->deleted()) {
        AddCustomer(*customer, TypeOf(intent, policy), selection);
      }
      break;
    case DeliveryIntent::kAddress:
      selection.Add(intent.address());
      break;
    case DeliveryIntent::kStaff:
      AddStaff(policy, intent.staff(), selection);
      break;
    case DeliveryIntent::RECIPIENT_NOT_SET:
      break;
  }
  if (!selection.empty()) {
    for (const std::string& address : intent.participants()) selection.AddCopy(address);
  }
  return selection.Finish();
}

}  // namespace plazo::notifier

#include "ipvs/client.hpp"

#include <fmt/format.h>
#include <linux/ip_vs.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "daemon/base/network_namespace.hpp"
#include "ipvs/codec.hpp"
#include "ipvs/module.hpp"

namespace understudy::ipvs {
namespace {

/// Messages of one system call. Should the kernel refuse them all, its answers, which take about
/// 1 KB of the receive buffer each, must fit there.
constexpr std::size_t kBatch = 256;
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kLargestReply = 64UL * 1024;
/// Datagrams taken at once: most dumps have one and another that ends them.
constexpr std::size_t kReplies = 2;
constexpr int kDumpAttempts = 10;
constexpr timeval kPatience{5, 0};
constexpr char kFamilyName[] = IPVS_GENL_NAME;

using Socket = std::unique_ptr<nl_sock, decltype(&nl_socket_free)>;

/// Appends a whole message: both headers, the attributes, padding.
void append_message(Bytes& out, int family, std::uint16_t flags, std::uint32_t sequence,
                    const Request& request) {
  const std::size_t length = NLMSG_HDRLEN + GENL_HDRLEN + request.attributes.size();
  const nlmsghdr header{static_cast<std::uint32_t>(length), static_cast<std::uint16_t>(family),
                        static_cast<std::uint16_t>(flags | NLM_F_REQUEST), sequence, 0};
  const genlmsghdr generic{request.command, IPVS_GENL_VERSION, 0};
  const std::size_t start = out.size();
  out.resize(start + NLMSG_ALIGN(length));
  std::memcpy(&out[start], &header, sizeof header);
  std::memcpy(&out[start + NLMSG_HDRLEN], &generic, sizeof generic);
  std::ranges::copy(request.attributes,
                    out.begin() + static_cast<std::ptrdiff_t>(start + NLMSG_HDRLEN + GENL_HDRLEN));
}

ByteView attributes_of(nlmsghdr* message) {
  const auto* data = static_cast<const std::uint8_t*>(nlmsg_data(message));
  const auto length = static_cast<std::size_t>(nlmsg_datalen(message));
  if (length < GENL_HDRLEN) return {};
  return {data + GENL_HDRLEN, length - GENL_HDRLEN};
}

/// The errno of an NLMSG_ERROR or NLMSG_DONE message; 0 for success.
int status_of(nlmsghdr* message) {
  if (nlmsg_datalen(message) < static_cast<int>(sizeof(int))) return 0;
  int status = 0;
  std::memcpy(&status, nlmsg_data(message), sizeof status);
  return -status;
}

Error refused(int code) {
  if (code == EPERM) {
    return Error{
        "IPVS: the kernel does not permit changing its table: the process lacks CAP_NET_ADMIN (in "
        "a container run it with --cap-add=NET_ADMIN)",
        EPERM};
  }
  return Error::from_errno(code, "IPVS");
}

Error missing(const std::string& why) {
  return Error{fmt::format("IPVS: the kernel has no IPVS: module ip_vs is not loaded and could not "
                           "be loaded ({}). Run `modprobe ip_vs` on this host (in a container: on "
                           "the machine it runs on)",
                           why),
               ENOENT};
}

}  // namespace

struct Client::Impl {
  Socket socket{nullptr, nl_socket_free};
  int family = 0;
  std::uint32_t sequence = 0;
  /// Aligned for the headers that are read in place.
  alignas(nlmsghdr) std::array<std::array<std::uint8_t, kLargestReply>, kReplies> buffers;

  /// Modules of schedulers and persistence engines that were seen to.
  std::set<std::string> prepared;

  Result<void> open();
  /// Loads what the service needs. The kernel would do it by itself, but while it holds the lock
  /// that the removal of any network namespace needs: the two then wait for each other for ever.
  void prepare(const Change& change);
  [[nodiscard]] Result<void> send(const Bytes& data) const;
  /// Receives what there is and calls `handle` with each message; datagrams not from the kernel are
  /// dropped.
  Result<void> receive(const std::function<void(nlmsghdr*)>& handle);
  /// A dump: calls `handle` with the attributes of each message. Begun anew when the kernel says
  /// that the table changed meanwhile (NLM_F_DUMP_INTR).
  Result<void> dump(const Request& request, const std::function<void()>& begin,
                    const std::function<void(ByteView)>& handle);
  Result<bool> dump_once(const Request& request, const std::function<void(ByteView)>& handle);
  /// A dump as the values its messages hold.
  template <typename Value, typename Decode>
  Result<std::vector<Value>> collect(const Request& request, Decode decode);
  /// Sends requests in one datagram and waits until all are done; the errno of each, 0 for success.
  /// `reply` gets the attributes of what else the kernel answers.
  Result<std::vector<int>> transact(
      std::span<const Request> requests,
      const std::function<void(ByteView)>& reply = [](ByteView) {});
  /// One request; the errno as an error.
  Result<void> order(const Request& request);
};

Result<void> Client::Impl::open() {
  socket.reset(nl_socket_alloc());
  if (!socket) return Error{"out of memory", ENOMEM};
  if (const int status = genl_connect(socket.get()); status < 0) {
    return Error{fmt::format("IPVS: generic netlink: {}", nl_geterror(status)), errno};
  }
  nl_socket_set_buffer_size(socket.get(), kReceiveBuffer, 0);
  const int fd = nl_socket_get_fd(socket.get());
  // Without the request in each acknowledgement; older kernels send it, which is only slower.
  const int yes = 1;
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof yes);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience) < 0) {
    return Error::from_errno(errno, "IPVS: SO_RCVTIMEO");
  }
  family = genl_ctrl_resolve(socket.get(), kFamilyName);
  return {};
}

void Client::Impl::prepare(const Change& change) {
  const Service* service = nullptr;
  if (const auto* add = std::get_if<AddService>(&change)) service = &add->service;
  if (const auto* edit = std::get_if<EditService>(&change)) service = &edit->service;
  if (service == nullptr) return;
  for (const auto& [prefix, name] : {std::pair{"ip_vs_", service->scheduler},
                                     std::pair{"ip_vs_pe_", service->persistence_engine}}) {
    if (name.empty() || !prepared.insert(prefix + name).second) continue;
    // Where we cannot, the kernel may; and what it says of the service is logged.
    static_cast<void>(load_module(prefix + name));
  }
}

Result<void> Client::Impl::send(const Bytes& data) const {
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  for (;;) {
    const auto sent = sendto(nl_socket_get_fd(socket.get()), data.data(), data.size(), 0,
                             reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
    if (sent >= 0) return {};
    if (errno != EINTR) return Error::from_errno(errno, "IPVS: sending");
  }
}

Result<void> Client::Impl::receive(const std::function<void(nlmsghdr*)>& handle) {
  std::array<sockaddr_nl, kReplies> senders{};
  std::array<iovec, kReplies> places{};
  std::array<mmsghdr, kReplies> datagrams{};
  for (std::size_t i = 0; i < kReplies; ++i) {
    places[i] = {buffers[i].data(), buffers[i].size()};
    auto& header = datagrams[i].msg_hdr;
    header.msg_name = &senders[i];
    header.msg_namelen = sizeof senders[i];
    header.msg_iov = &places[i];
    header.msg_iovlen = 1;
  }
  const int count =
      recvmmsg(nl_socket_get_fd(socket.get()), datagrams.data(), kReplies, MSG_WAITFORONE, nullptr);
  if (count < 0 && errno == EINTR) return {};
  if (count < 0 && errno == EAGAIN) return Error{"IPVS: the kernel does not answer", ETIMEDOUT};
  if (count < 0) return Error::from_errno(errno, "IPVS: receiving");
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    // Any process may send to our port; the kernel's own is 0.
    if (datagrams[i].msg_hdr.msg_namelen < sizeof senders[i] || senders[i].nl_pid != 0) continue;
    int left = static_cast<int>(datagrams[i].msg_len);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffers[i].data());
         nlmsg_ok(message, left) != 0; message = nlmsg_next(message, &left)) {
      handle(message);
    }
  }
  return {};
}

Result<bool> Client::Impl::dump_once(const Request& request,
                                     const std::function<void(ByteView)>& handle) {
  Bytes data;
  const std::uint32_t wanted = ++sequence;
  append_message(data, family, NLM_F_DUMP, wanted, request);
  if (auto sent = send(data); !sent) return sent.error();
  bool done = false;
  bool interrupted = false;
  int status = 0;
  while (!done) {
    auto received = receive([&](nlmsghdr* message) {
      if (message->nlmsg_seq != wanted || done) return;
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
      if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
        status = status_of(message);
        done = true;
      } else if (message->nlmsg_type == family) {
        handle(attributes_of(message));
      }
    });
    if (!received) return received.error();
  }
  if (status != 0) return refused(status);
  return !interrupted;
}

Result<void> Client::Impl::dump(const Request& request, const std::function<void()>& begin,
                                const std::function<void(ByteView)>& handle) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    begin();
    auto whole = dump_once(request, handle);
    if (!whole) return whole.error();
    if (*whole) return {};
  }
  return Error{"IPVS: the table changes faster than it can be read", EAGAIN};
}

template <typename Value, typename Decode>
Result<std::vector<Value>> Client::Impl::collect(const Request& request, Decode decode) {
  std::vector<Value> values;
  std::optional<Error> bad;
  const auto begin = [&] {
    values.clear();
    bad.reset();
  };
  auto read = dump(request, begin, [&](ByteView attributes) {
    auto value = decode(attributes);
    if (value) {
      values.push_back(std::move(*value));
    } else {
      bad = value.error();
    }
  });
  if (!read) return read.error();
  if (bad) return *bad;
  return values;
}

// The kernel does the messages of a datagram in order. So only the last asks for an acknowledgement
// when all went well; a failure is answered in any case, and before it.
Result<std::vector<int>> Client::Impl::transact(std::span<const Request> requests,
                                                const std::function<void(ByteView)>& reply) {
  Bytes data;
  const std::uint32_t first = sequence + 1;
  for (const auto& request : requests) {
    const bool last = &request == &requests.back();
    append_message(data, family, last ? NLM_F_ACK : std::uint16_t{0}, ++sequence, request);
  }
  if (auto sent = send(data); !sent) return sent.error();
  std::vector<int> statuses(requests.size(), 0);
  bool done = requests.empty();
  while (!done) {
    auto received = receive([&](nlmsghdr* message) {
      const std::size_t index = message->nlmsg_seq - first;
      if (index >= requests.size()) return;
      if (message->nlmsg_type == family) reply(attributes_of(message));
      if (message->nlmsg_type != NLMSG_ERROR) return;
      statuses[index] = status_of(message);
      done = done || index + 1 == requests.size();
    });
    if (!received) return received.error();
  }
  return statuses;
}

Result<void> Client::Impl::order(const Request& request) {
  const auto statuses = transact(std::span(&request, 1));
  if (!statuses) return statuses.error();
  if (statuses->front() != 0) return refused(statuses->front());
  return {};
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect(const std::optional<std::string>& net_namespace) {
  const auto visit = NamespaceVisit::begin(net_namespace);
  if (!visit) return Error{"IPVS: " + visit.error().message, visit.error().code};
  // Not the buffers, which would become resident.
  auto impl = std::make_unique_for_overwrite<Impl>();
  if (auto opened = impl->open(); !opened) return opened.error();
  if (impl->family < 0) {
    if (auto loaded = load_module("ip_vs"); !loaded) return missing(loaded.error().message);
    impl->family = genl_ctrl_resolve(impl->socket.get(), kFamilyName);
    if (impl->family < 0) return missing(nl_geterror(impl->family));
  }
  // Resolving needs no privilege, all else does: find out now.
  const Request information{IPVS_CMD_GET_INFO, {}};
  auto answered = impl->transact(std::span(&information, 1));
  if (!answered) return answered.error();
  if (answered->front() != 0) return refused(answered->front());
  return Client(std::move(impl));
}

Result<std::vector<Service>> Client::read_services() {
  return impl_->collect<Service>(encode_list_services(), decode_service);
}

Result<Destinations> Client::read_destinations(const ServiceKey& service) {
  auto read = impl_->collect<Destination>(
      encode_list_destinations(service),
      [&](ByteView attributes) { return decode_destination(attributes, service.family); });
  if (!read) return read.error();
  return Destinations(std::move(*read));
}

Result<std::vector<Usage>> Client::read_usage(const ServiceKey& service) {
  return impl_->collect<Usage>(encode_list_destinations(service), [&](ByteView attributes) {
    return decode_usage(attributes, service.family);
  });
}

Result<Table> Client::read() {
  auto services = read_services();
  if (!services) return services.error();
  Table table;
  for (auto& service : *services) {
    auto destinations = read_destinations(service.key);
    if (!destinations) return destinations.error();
    const ServiceKey key = service.key;
    table.emplace(key, Entry{std::move(service), std::move(*destinations)});
  }
  return table;
}

Result<Timeouts> Client::read_timeouts() {
  const Request request = encode_get_timeouts();
  Result<Timeouts> timeouts = Error{"IPVS: the kernel does not say its timeouts", EBADMSG};
  const auto statuses = impl_->transact(
      std::span(&request, 1), [&](ByteView attributes) { timeouts = decode_timeouts(attributes); });
  if (!statuses) return statuses.error();
  if (statuses->front() != 0) return refused(statuses->front());
  return timeouts;
}

Result<void> Client::set_timeouts(const Timeouts& timeouts) {
  return impl_->order(encode_set_timeouts(timeouts));
}

std::vector<Result<void>> Client::apply(const std::vector<Change>& changes) {
  std::vector<Result<void>> results;
  results.reserve(changes.size());
  for (std::size_t start = 0; start < changes.size(); start += kBatch) {
    const std::size_t count = std::min(kBatch, changes.size() - start);
    std::vector<Request> requests;
    requests.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      impl_->prepare(changes[start + i]);
      requests.push_back(encode(changes[start + i]));
    }
    const auto statuses = impl_->transact(requests);
    for (std::size_t i = 0; i < count; ++i) {
      if (!statuses) {
        results.emplace_back(statuses.error());
      } else if (const int code = (*statuses)[i]; code != 0) {
        results.emplace_back(refused(code));
      } else {
        results.emplace_back();
      }
    }
  }
  return results;
}

Result<std::vector<SyncDaemon>> Client::read_sync_daemons() {
  return impl_->collect<SyncDaemon>(encode_list_sync_daemons(), decode_sync_daemon);
}

Result<void> Client::apply(const SyncChange& change) { return impl_->order(encode(change)); }

Result<void> Client::flush() { return impl_->order({IPVS_CMD_FLUSH, {}}); }

}  // namespace understudy::ipvs

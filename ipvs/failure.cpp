#include "ipvs/failure.hpp"

#include <fmt/format.h>
#include <linux/ip_vs.h>

#include <cerrno>
#include <cstring>

namespace understudy::ipvs {
namespace {

/// The command of the older socket-option interface, which is what log rules in the field know.
struct Command {
  const char* name;
  int number;
};

struct ToCommand {
  Command operator()(const AddService&) const { return {"IP_VS_SO_SET_ADD", IP_VS_SO_SET_ADD}; }
  Command operator()(const EditService&) const { return {"IP_VS_SO_SET_EDIT", IP_VS_SO_SET_EDIT}; }
  Command operator()(const DeleteService&) const { return {"IP_VS_SO_SET_DEL", IP_VS_SO_SET_DEL}; }
  Command operator()(const AddDestination&) const {
    return {"IP_VS_SO_SET_ADDDEST", IP_VS_SO_SET_ADDDEST};
  }
  Command operator()(const EditDestination&) const {
    return {"IP_VS_SO_SET_EDITDEST", IP_VS_SO_SET_EDITDEST};
  }
  Command operator()(const DeleteDestination&) const {
    return {"IP_VS_SO_SET_DELDEST", IP_VS_SO_SET_DELDEST};
  }
};

std::string name_of(const ServiceKey& key) {
  if (key.fwmark != 0) return "Fwm " + key.to_string().substr(4);
  const char* protocol = key.protocol == Protocol::tcp    ? "tcp"
                         : key.protocol == Protocol::udp  ? "udp"
                         : key.protocol == Protocol::sctp ? "sctp"
                                                          : "0";
  return fmt::format("{}:{}:{}", key.endpoint.address.to_string(), protocol,
                     key.endpoint.port.value());
}

std::string name_of(const ServiceKey& service, const DestinationKey& destination) {
  return fmt::format("{} -> {}:{}", name_of(service), destination.address.to_string(),
                     destination.port.value());
}

struct ToName {
  std::string operator()(const AddService& change) const { return name_of(change.service.key); }
  std::string operator()(const EditService& change) const { return name_of(change.service.key); }
  std::string operator()(const DeleteService& change) const { return name_of(change.service); }
  std::string operator()(const AddDestination& change) const {
    return name_of(change.service, change.destination.endpoint);
  }
  std::string operator()(const EditDestination& change) const {
    return name_of(change.service, change.destination.endpoint);
  }
  std::string operator()(const DeleteDestination& change) const {
    return name_of(change.service, change.destination);
  }
};

/// What an errno means for this kind of change (the words of ipvsadm).
std::string meaning(const Command& command, int code) {
  const bool of_destination = command.number >= IP_VS_SO_SET_ADDDEST;
  switch (code) {
    case EEXIST:
      return of_destination ? "Destination already exists" : "Service already exists";
    case ESRCH:
      return of_destination ? "Service not defined" : "No such service";
    case ENOENT:
      return of_destination ? "No such destination" : "Scheduler or persistence engine not found";
    case EPERM:
      return "Permission denied (you must be root)";
    case EINVAL:
      return "Invalid operation.  Possibly wrong module version, address not unicast, ...";
    case ENOMEM:
      return "Memory allocation problem";
    default:
      return std::strerror(code);
  }
}

/// The same for a synchronisation daemon.
std::string daemon_meaning(const Command& command, int code) {
  if (code == EEXIST) return "Daemon has already run";
  if (code == ESRCH) return "No daemon is running";
  return code == ENOENT ? std::strerror(code) : meaning(command, code);
}

}  // namespace

std::string failure_line(const Change& change, int code) {
  const Command command = std::visit(ToCommand{}, change);
  return fmt::format("IPVS cmd {}({}) error: {}({}) ({})", command.name, command.number,
                     meaning(command, code), code, std::visit(ToName{}, change));
}

std::string failure_line(const SyncChange& change, int code) {
  const Command command = std::holds_alternative<StartSyncDaemon>(change)
                              ? Command{"IP_VS_SO_SET_STARTDAEMON", IP_VS_SO_SET_STARTDAEMON}
                              : Command{"IP_VS_SO_SET_STOPDAEMON", IP_VS_SO_SET_STOPDAEMON};
  return fmt::format("IPVS cmd {}({}) error: {}({})", command.name, command.number,
                     daemon_meaning(command, code), code);
}

}  // namespace understudy::ipvs

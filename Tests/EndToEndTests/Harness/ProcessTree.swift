import Foundation

/// What proc(5) tells of a process and those it started.
enum ProcessTree {
  /// The process and all that came of it.
  static func members(of root: pid_t) -> Set<pid_t> {
    var parents: [pid_t: pid_t] = [:]
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let process = pid_t(entry),
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        // The name in parentheses may hold anything; after it: state, parent.
        let parent = status.split(separator: ")").last?.split(separator: " ").dropFirst().first.flatMap({
          pid_t($0)
        })
      else { continue }
      parents[process] = parent
    }
    var members: Set<pid_t> = [root]
    var grew = true
    while grew {
      let found = parents.filter { members.contains($0.value) && !members.contains($0.key) }.map(\.key)
      members.formUnion(found)
      grew = !found.isEmpty
    }
    return members
  }

  /// TCP ports the tree listens on.
  static func listeningPorts(of root: pid_t) -> Set<UInt16> {
    var inodes: Set<String> = []
    for process in members(of: root) {
      let directory = "/proc/\(process)/fd"
      for entry in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
        guard
          let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(entry)"),
          target.hasPrefix("socket:[")
        else { continue }
        inodes.insert(String(target.dropFirst("socket:[".count).dropLast()))
      }
    }
    var ports: Set<UInt16> = []
    for table in ["tcp", "tcp6"] {
      let text = (try? String(contentsOfFile: "/proc/\(root)/net/\(table)", encoding: .utf8)) ?? ""
      for line in text.split(separator: "\n").dropFirst() {
        let columns = line.split(separator: " ")
        guard columns.count > 9, columns[3] == "0A", inodes.contains(String(columns[9])),
          let port = columns[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) })
        else { continue }
        ports.insert(port)
      }
    }
    return ports
  }
}

import Glibc
import NetIO
import TestSupport
import Testing

@Suite struct UnixSocketTests {
  private func withDirectory(_ body: (String) throws -> Void) throws {
    try withTemporaryDirectory { try body($0.path) }
  }

  @Test func modeAndGroupAreSetAndTheFileGoesWithTheListener() throws {
    try withDirectory { directory in
      let path = directory + "/api.sock"
      let listener = try UnixSocket.listen(at: path, mode: 0o660, group: getgid())
      var status = stat()
      #expect(lstat(path, &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o660)
      #expect(status.st_gid == getgid())
      listener.close()
      #expect(lstat(path, &status) == -1)
    }
  }

  @Test func aSocketOfADeadProcessIsReplacedAndALiveOneIsNot() throws {
    try withDirectory { directory in
      let path = directory + "/api.sock"
      let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      #expect(bound == 0)
      close(dead)

      let live = try UnixSocket.listen(at: path, mode: 0o600)
      #expect(throws: SystemError(call: "bind", errno: .addressInUse)) {
        _ = try UnixSocket.listen(at: path, mode: 0o600)
      }
      unlink(path + ".lock")
      #expect(throws: SystemError(call: "bind", errno: .addressInUse)) {
        _ = try UnixSocket.listen(at: path, mode: 0o600)
      }
      _ = try UnixSocket.connect(to: path)
      live.close()
    }
  }

  @Test func aFileThatIsNoSocketStaysWhereItIs() throws {
    try withDirectory { directory in
      let path = directory + "/precious"
      let file = open(path, O_CREAT | O_WRONLY, 0o600)
      close(file)
      #expect(throws: SystemError(call: "bind", errno: .addressInUse)) {
        _ = try UnixSocket.listen(at: path, mode: 0o600)
      }
      var status = stat()
      #expect(lstat(path, &status) == 0)
    }
  }

  @Test func thePeerIsKnownByTheKernelsWord() throws {
    try withDirectory { directory in
      var listener = try UnixSocket.listen(at: directory + "/s", mode: 0o600)
      let client = try UnixSocket.connect(to: directory + "/s")
      guard case .connection(let server, _) = listener.accept() else {
        Issue.record("nobody to accept")
        return
      }
      let peer = try server.peerCredentials()
      #expect(peer.processID == getpid())
      #expect(peer.userID == getuid())
      #expect(peer.groupID == getgid())
      #expect(peer.isMember(of: getgid()))
      let count = getgroups(0, nil)
      #expect(peer.supplementaryGroupIDs.count == Int(count))
      _ = consume client
    }
  }

  @Test func whereNobodyListensConnectingSaysWhy() throws {
    #expect(throws: SystemError(call: "connect", errno: .noSuchFile)) {
      _ = try UnixSocket.connect(to: "/tmp/no-such-directory/no-such-socket")
    }
    #expect(throws: SystemError(call: "bind", errno: .nameTooLong)) {
      _ = try UnixSocket.connect(to: "/" + String(repeating: "x", count: 200))
    }
  }

  @Test func usersAndGroupsAreFoundByName() {
    #expect(UnixSocket.groupID(named: "root") == 0)
    #expect(UnixSocket.userID(named: "root") == 0)
    #expect(UnixSocket.userName(of: 0) == "root")
    #expect(UnixSocket.groupID(named: "no such group") == nil)
    #expect(UnixSocket.userID(named: "no such user") == nil)
  }
}

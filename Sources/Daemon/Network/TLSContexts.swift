import Configuration
import NetIO

/// The contexts in force, made of one reading of the configuration. New handshakes use the newest; sessions keep theirs.
struct TLSContexts: Sendable {
  /// Of a carrier we connect to, by its name.
  struct Client: Sendable {
    var context: TLSContext
    /// `server_name`; nil: the host.
    var serverName: String?
  }

  var clients: [String: Client] = [:]
  /// Of an address we listen on.
  var servers: [SocketAddress: TLSContext] = [:]

  init(_ configuration: Configuration) throws(StartError) {
    for carrier in configuration.carriers {
      do throws(TLSError) {
        if let tls = carrier.connect?.tls {
          clients[carrier.name] = Client(context: try TLSContext(tls.settings), serverName: tls.serverName)
        }
        if let listen = carrier.listen, let settings = listen.tls?.settings {
          servers[listen.address] = try TLSContext(settings)
        }
      } catch {
        throw StartError("carriers.\(carrier.name): tls: \(error)")
      }
    }
  }

  var count: Int { clients.count + servers.count }

  /// Those of a later reading, each in its place. Where there was TLS there is TLS, and where there was none there is
  /// none: that changes with a restart.
  func renewed(by configuration: Configuration) throws(StartError) -> TLSContexts {
    let read = try TLSContexts(configuration)
    var renewed = self
    renewed.clients.merge(read.clients.filter { clients[$0.key] != nil }) { $1 }
    renewed.servers.merge(read.servers.filter { servers[$0.key] != nil }) { $1 }
    return renewed
  }
}

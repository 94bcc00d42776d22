import Configuration
import Contract
import NetIO

/// SIGHUP: certificates, keys, pins and authorities are read again, with the file that names them. All or nothing.
/// Sessions that stand are not touched; handshakes from then on use the new ones.
enum CertificateReload {
  /// - Returns: the new reading, if it is in force.
  static func run(
    _ configuration: Configuration, _ contexts: TLSContexts, control: NetworkControl, journal: Journal
  ) -> (Configuration, TLSContexts)? {
    do {
      let read = try Configuration.load(configuration.path)
      let renewed = try contexts.renewed(by: read)
      control.renew(renewed)
      let isMore = read.withoutTLS != configuration.withoutTLS
      journal.write(
        isMore ? .warning : .info,
        "event=reloaded tls=\(renewed.count)" + (isMore ? " other changes need a restart" : ""))
      return (read, renewed)
    } catch {
      journal.write(.warning, "event=reload_failed the old certificates stay in use: \(error)")
      return nil
    }
  }
}

extension Configuration {
  /// Everything that a reload does not touch.
  fileprivate var withoutTLS: Configuration {
    var copy = self
    copy.effective = []
    for index in copy.carriers.indices {
      switch copy.carriers[index].side {
      case .connect(var connect):
        connect.tls = nil
        copy.carriers[index].side = .connect(connect)
      case .listen(var listen):
        listen.tls = nil
        copy.carriers[index].side = .listen(listen)
      }
    }
    return copy
  }
}

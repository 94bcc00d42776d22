import Gateway

extension GatewaySettings {
  /// What the configuration says to the rules.
  package init(_ configuration: Configuration) {
    let brand = configuration.brand
    self.init(
      brand: .init(
        name: brand.name, help: brand.help, country: brand.country, stopConfirmation: brand.stopConfirmation,
        startConfirmation: brand.startConfirmation),
      carriers: Dictionary(uniqueKeysWithValues: configuration.carriers.map { ($0.name, $0.profile) }))
    unknown.interactive = configuration.unknown.interactive
    unknown.campaign = configuration.unknown.campaign
    unknown.notice = configuration.unknown.notice
    unknown.code = configuration.unknown.code
    unknown.after = configuration.unknown.after.map { $0.components.seconds * 1_000 }
    optOutScope = brand.optOutScope
    alertReps = configuration.alerts.toRep
    if let text = configuration.alerts.text { alertText = text }
    queuePerNumber = configuration.limits.queuePerNumber
    maximumRecipients = configuration.limits.campaignRecipients
    maximumParts = configuration.limits.reassemblyParts
    feedMaximum = Int64(configuration.limits.feedMaxMebibytes) << 20
    feedKept = configuration.limits.feedKeep.components.seconds * 1000
  }
}

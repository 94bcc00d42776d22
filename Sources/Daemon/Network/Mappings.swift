import Pacing
import SMPP

extension Rate {
  /// Segments per second, which may be less than one.
  init(perSecond: Double) {
    if perSecond >= 1 {
      self.init(segments: Int(perSecond.rounded(.down)))
    } else {
      self.init(segments: 1, per: .seconds(1 / max(perSecond, 0.000_1)))
    }
  }
}

extension SubmitSM {
  /// A `data_sm` as the `deliver_sm` it stands for: the fields both have, and the text in `message_payload`.
  init(_ data: DataSM) {
    self.init(
      serviceType: data.serviceType, source: data.source, destination: data.destination,
      esmClass: data.esmClass,
      registeredDelivery: data.registeredDelivery, dataCoding: data.dataCoding, tlvs: data.tlvs)
  }
}

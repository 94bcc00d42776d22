import Contract

extension Gateway {
  func numberAdd(_ p: NumberAdd, _ c: Requester) throws -> NumberAddResult { throw APIError.internalError }
  func numberSetRate(_ p: NumberSetRate, _ c: Requester) throws -> NumberSetRateResult {
    throw APIError.internalError
  }
  func numberPause(_ p: NumberPause, _ c: Requester) throws -> NumberPauseResult {
    throw APIError.internalError
  }
  func numberResume(_ p: NumberResume, _ c: Requester) throws -> NumberResumeResult {
    throw APIError.internalError
  }
  func numberAssign(_ p: NumberAssign, _ c: Requester) throws -> NumberAssignResult {
    throw APIError.internalError
  }
  func repAdd(_ p: RepAdd, _ c: Requester) throws -> RepAddResult { throw APIError.internalError }
  func repUpdate(_ p: RepUpdate, _ c: Requester) throws -> RepUpdateResult { throw APIError.internalError }
  func repAssign(_ p: RepAssign, _ c: Requester) throws -> RepAssignResult { throw APIError.internalError }
  func contactUpsert(_ p: ContactUpsert, _ c: Requester) throws -> ContactUpsertResult {
    throw APIError.internalError
  }
  func contactTag(_ p: ContactTag, _ c: Requester) throws -> ContactTagResult { throw APIError.internalError }
  func contactUntag(_ p: ContactUntag, _ c: Requester) throws -> ContactUntagResult {
    throw APIError.internalError
  }
  func groupCreate(_ p: GroupCreate, _ c: Requester) throws -> GroupCreateResult {
    throw APIError.internalError
  }
  func groupAdd(_ p: GroupAdd, _ c: Requester) throws -> GroupAddResult { throw APIError.internalError }
  func groupRemove(_ p: GroupRemove, _ c: Requester) throws -> GroupRemoveResult {
    throw APIError.internalError
  }
  func consentRecord(_ p: ConsentRecord, _ c: Requester) throws -> ConsentRecordResult {
    throw APIError.internalError
  }
  func conversationAssign(_ p: ConversationAssign, _ c: Requester) throws -> ConversationAssignResult {
    throw APIError.internalError
  }
}

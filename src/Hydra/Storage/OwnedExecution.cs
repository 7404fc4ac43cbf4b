namespace Hydra.Storage;

/// <summary>An execution that a session owns in the database, as a beat sees it.</summary>
/// <param name="Id">The execution.</param>
/// <param name="Epoch">The epoch under which it is owned.</param>
/// <param name="Mail">Its mail count.</param>
/// <param name="Requests">What has been asked from outside and not been delivered.</param>
public readonly record struct OwnedExecution(ExecutionId Id, long Epoch, long Mail, ExecutionRequests Requests);

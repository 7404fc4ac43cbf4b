namespace Hydra.Soak.Histories;

/// <summary>One request of a client to an execution to stop.</summary>
/// <param name="Id">The execution.</param>
/// <param name="Answer">What the client heard.</param>
/// <param name="AnsweredMicros">When it heard, by the clock of the machine that everything runs on.</param>
/// <param name="Epoch">
/// The execution's epoch as it was read behind the answer: whoever claims it under a higher one does so later. The
/// highest of all when it could not be read.
/// </param>
internal sealed record CancelRecord(string Id, CancelAnswer Answer, long AnsweredMicros, long Epoch);

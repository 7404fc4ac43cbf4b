namespace Hydra;

/// <summary>
/// A step has failed its last attempt. Workflow code may catch it and go on: the failure is recorded.
/// </summary>
public class StepFailedException : HydraException
{
    internal StepFailedException(string stepKey, Failure failure, long seq)
        : base($"Step '{stepKey}' failed: {failure}")
    {
        StepKey = stepKey;
        Failure = failure;
        Seq = seq;
    }

    /// <summary>The key of the step: its name plus its occurrence.</summary>
    public string StepKey { get; }

    /// <summary>What the step's last attempt threw, as it was recorded.</summary>
    public Failure Failure { get; }

    /// <summary>Where the failure stands in the journal; carried failures of an attempt are found by it.</summary>
    internal long Seq { get; }
}

namespace Hydra;

/// <summary>
/// A step that may begin at most once had begun, and its process died before an outcome was recorded: nobody knows
/// whether its work was done. Workflow code may catch it, look, and go on.
/// </summary>
/// <remarks>See <see cref="StepOptions.AtMostOnce"/>. The execution is not tried again for it.</remarks>
public sealed class StepInterruptedException : StepFailedException
{
    internal StepInterruptedException(string stepKey, Failure failure, long seq)
        : base(stepKey, failure, seq)
    {
    }

    /// <summary>What is recorded.</summary>
    internal static Failure FailureOf(string stepKey) => new(
        typeof(StepInterruptedException).FullName!,
        $"Step '{stepKey}' may run at most once, and had begun when its process stopped. Whether its work was done is "
        + "unknown.",
        NonRetryable: true);
}

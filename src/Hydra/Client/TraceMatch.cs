using Hydra.Storage;

namespace Hydra;

/// <summary>One place where a value was found.</summary>
/// <param name="Execution">The execution.</param>
/// <param name="Workflow">Its workflow.</param>
/// <param name="Role">What the value is there.</param>
/// <param name="Step">The key of the step; empty for the workflow's own input and output.</param>
/// <param name="Seq">The seq of the journal entry that has it.</param>
/// <param name="Path">Where in the recorded value it stands: "$" is all of it.</param>
/// <param name="At">When that was recorded.</param>
public sealed record TraceMatch(
    ExecutionId Execution, string Workflow, TraceRole Role, string Step, long Seq, string Path, Instant At);

namespace Hydra;

/// <summary>How many executions of one workflow came out alike.</summary>
/// <param name="Workflow">The durable name of the workflow.</param>
/// <param name="Verdict">What came of them.</param>
/// <param name="Count">How many.</param>
public sealed record ReplayCount(string Workflow, ReplayVerdict Verdict, int Count);

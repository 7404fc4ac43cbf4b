namespace Hydra.Bench;

/// <summary>How much history an execution makes, and how long it then sleeps.</summary>
internal sealed record ReplayPlan(int Steps, TimeSpan Sleep);

namespace Hydra.Soak.Chaos;

/// <summary>A workflow of tests/Programs/Victim that does harm, and what must become of it.</summary>
/// <param name="Workflow">Its name.</param>
/// <param name="End">How it ends, or stays.</param>
/// <param name="Reason">What its failure or refusal says; null when it is quarantined, or ends well.</param>
internal sealed record Poison(string Workflow, ExecutionState End, string? Reason = null)
{
    private const string TooLarge = "at most 2,097,152 are allowed";
    private const string Stuck = "without awaiting anything";

    public string Input { get; init; } = "7";

    /// <summary>
    /// The step that takes its process along as soon as it begins, or behind which the code does; null when none does.
    /// </summary>
    public string? Step { get; init; }

    /// <summary>Whether each of them costs its process a thread that never comes back.</summary>
    public bool IsEndless { get; init; }

    /// <summary>How often it is tried at most; null is the engine's default.</summary>
    public int? MaxAttempts { get; init; }

    public static IReadOnlyList<Poison> All { get; } =
    [
        new("fails-fast", ExecutionState.Blocked) { Step = "exit" },
        new("overflows", ExecutionState.Blocked) { Step = "before" },
        new("overflows-in-a-step", ExecutionState.Blocked) { Step = "deepen" },
        new("output-cannot-be-read", ExecutionState.Blocked, "Poison in an output"),
        new("never-yields", ExecutionState.Blocked, Stuck) { IsEndless = true },
        new("waits-for-itself", ExecutionState.Blocked, Stuck) { IsEndless = true },
        new("cannot-be-read", ExecutionState.Blocked, "Poison in a constructor") { Input = """{"number":7}""" },
        new("spins-in-a-step", ExecutionState.Failed, "did not end within") { IsEndless = true, MaxAttempts = 1 },
        new("returns-too-much", ExecutionState.Failed, TooLarge),
        new("makes-too-much", ExecutionState.Failed, TooLarge),
        new("cannot-be-written", ExecutionState.Failed, "Poison in a getter"),
        new("ignores-its-token", ExecutionState.Cancelled, "ended as Cancelled"),
        new("blocks-the-pool", ExecutionState.Completed) { Input = """{"calls":500,"millis":500}""" },
    ];
}

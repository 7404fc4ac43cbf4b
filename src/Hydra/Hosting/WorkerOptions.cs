namespace Hydra;

/// <summary>How a worker claims and runs executions.</summary>
public sealed record WorkerOptions
{
    /// <summary>
    /// The name of the worker in lists and audit rows. It need not be unique: every start of a process is a session
    /// of its
    /// own. By default it is the machine's name and the process id.
    /// </summary>
    public string WorkerId { get; init; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>The most executions this worker runs at once. The default is 20.</summary>
    public int Concurrency { get; init; } = 20;

    /// <summary>How often it looks for due work when nothing wakes it earlier. The default is 5 seconds.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often it tells the others that it lives. The default is 3 seconds.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long after its last heartbeat the others take its work. The default is 15 seconds.</summary>
    public TimeSpan ClaimTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a graceful shutdown waits for running step bodies to end. The default is 10 seconds. Two more are
    /// allowed for writing what is left, whatever the database does.
    /// </summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long workflow code may run without awaiting anything. After that its execution is blocked for this build,
    /// with the reason, and its slot goes to others; the thread is lost until the code comes back. The default is 30
    /// seconds, counted only while the process itself gets to run.
    /// </summary>
    public TimeSpan TurnTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often an execution may take its process down, as the only suspect there and without getting further, before
    /// it is quarantined. The default is 10.
    /// </summary>
    public int QuarantineAfter { get; init; } = 10;

    /// <summary>
    /// The longest delay between two such crashes of an execution; it begins with a second and doubles. The default is
    /// a minute.
    /// </summary>
    public TimeSpan LongestCrashDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Names the build of the workflow code: an execution that one build cannot replay waits for another. By default
    /// it is
    /// computed from the assemblies that hold the workflows.
    /// </summary>
    public string? Build { get; init; }

    internal void Validate()
    {
        Names.Validate(WorkerId, nameof(WorkerId), Limits.MaxNameLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(Concurrency, 1, nameof(Concurrency));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Concurrency, Limits.MaxConcurrency, nameof(Concurrency));
        ThrowUnlessPositive(PollInterval, nameof(PollInterval));
        ThrowUnlessPositive(HeartbeatInterval, nameof(HeartbeatInterval));
        ThrowUnlessPositive(ClaimTimeout, nameof(ClaimTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(ShutdownGrace, TimeSpan.Zero, nameof(ShutdownGrace));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ShutdownGrace, TimeSpan.FromDays(1), nameof(ShutdownGrace));

        ThrowUnlessPositive(TurnTimeout, nameof(TurnTimeout));
        ThrowUnlessPositive(LongestCrashDelay, nameof(LongestCrashDelay));
        ArgumentOutOfRangeException.ThrowIfLessThan(QuarantineAfter, 1, nameof(QuarantineAfter));

        // Two heartbeats may be lost, or late, without losing the claims.
        if (HeartbeatInterval * 3 > ClaimTimeout)
        {
            throw new ArgumentException(
                $"HeartbeatInterval ({HeartbeatInterval}) must be at most a third of ClaimTimeout ({ClaimTimeout}).");
        }

        if (Build is not null)
        {
            Names.Validate(Build, nameof(Build), Limits.MaxNameLength);
        }
    }

    private static void ThrowUnlessPositive(TimeSpan value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(value, TimeSpan.Zero, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), name);
    }
}

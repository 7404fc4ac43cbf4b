namespace Hydra;

/// <summary>
/// How an execution is started. What is not set comes from the workflow's options, then from the engine's.
/// </summary>
public sealed record StartOptions
{
    /// <summary>
    /// The idempotency key, unique within the namespace: starting again with the same workflow and input gives the same
    /// execution, with others a <see cref="StartConflictException"/>. By default there is none.
    /// </summary>
    public string? Key { get; init; }

    /// <summary>How many attempts it has.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>The delay before its second attempt, doubling from there to at most five minutes.</summary>
    public TimeSpan? RetryBackoff { get; init; }

    /// <summary>How long after it is first due it may take, attempts and sleeps included.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long after now it is first due. By default at once.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>When it is first due; it cannot be combined with <see cref="Delay"/>.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>
    /// The subject whose data it has, such as the id of a customer, 1 to 255 characters: everything that the execution
    /// records is encrypted with a key of the subject's own, which <see cref="IHydraClient.ShredAsync"/> destroys.
    /// Only for engines that encrypt (<see cref="PayloadOptions.Encrypt"/>). Forks and reruns of it have the same. By
    /// default there is none.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>Which of several due executions goes first. The default is normal.</summary>
    public ExecutionPriority Priority { get; init; } = ExecutionPriority.Normal;

    internal void Validate()
    {
        WorkflowOptions.Validate(nameof(StartOptions), MaxAttempts, RetryBackoff, Timeout);
        if (Delay is { } delay)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, nameof(Delay));
            if (StartAt is not null)
            {
                throw new ArgumentException("Set StartOptions.Delay or StartOptions.StartAt, not both.");
            }
        }

        if (Subject is not null)
        {
            Names.ValidateKey(Subject, "The subject of an execution");
        }

        if (!Enum.IsDefined(Priority))
        {
            throw new ArgumentException($"StartOptions.Priority ({Priority}) is no priority.");
        }
    }
}

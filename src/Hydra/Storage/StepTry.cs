namespace Hydra.Storage;

/// <summary>One row of an execution's attempts: a started, failed or abandoned try at a step. It has no seq.</summary>
/// <remarks>Its identity is step key, attempt, epoch and phase; the same row written twice is one row.</remarks>
public sealed record StepTry
{
    /// <summary>The key of the step.</summary>
    public required string Key { get; init; }

    /// <summary>The number of the try, from 1; a try cut off by a crash keeps its number when it runs again.</summary>
    public required int Attempt { get; init; }

    /// <summary>The epoch under which it ran.</summary>
    public required long Epoch { get; init; }

    /// <summary>What is recorded of it.</summary>
    public required TryPhase Phase { get; init; }

    /// <summary>The attempt of the execution that it belongs to.</summary>
    public int ExecutionAttempt { get; init; }

    /// <summary>What its body was given.</summary>
    public Payload Input { get; init; }

    /// <summary>A <see cref="Hydra.Failure"/>, when it failed.</summary>
    public Payload Failure { get; init; }

    /// <summary>What came of it, when it landed.</summary>
    public Payload Output { get; init; }

    /// <summary>When its body began.</summary>
    public Instant StartedAt { get; init; }

    /// <summary>When it ended; null while it may still run.</summary>
    public Instant? EndedAt { get; init; }

    /// <summary>When the next try may begin; null when it may at once.</summary>
    public Instant? RetryAt { get; init; }

    /// <summary>The configured name of the worker that ran it.</summary>
    public string Worker { get; init; } = "";

    /// <summary>The key of the subject whose data it has, until that is encoded.</summary>
    internal SubjectKey? Subject { get; init; }

    /// <summary>Roughly how many bytes the row takes.</summary>
    public int Size => 96 + Key.Length + Worker.Length + Input.Length + Failure.Length + Output.Length;
}

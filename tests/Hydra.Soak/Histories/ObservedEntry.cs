namespace Hydra.Soak.Histories;

/// <summary>One entry of a journal as the JSON of its execution shows it.</summary>
internal sealed record ObservedEntry
{
    public required long Seq { get; init; }

    /// <summary>"step", or the kind that the timeline says.</summary>
    public required string Kind { get; init; }

    public string Key { get; init; } = "";

    public int Attempt { get; init; }

    /// <summary>What its call was given, as JSON; empty where that does not show.</summary>
    public string Input { get; init; } = "";

    public required long Epoch { get; init; }

    public string State { get; init; } = "";

    public bool Superseded { get; init; }

    public string? ValueHash { get; init; }

    public long AtMicros { get; init; }

    /// <summary>For a sleep: how many outcomes had been delivered when it was called.</summary>
    public int Position { get; init; }

    /// <summary>For a sleep: how long it was asked to take.</summary>
    public long? ForMicros { get; init; }

    /// <summary>For a failed attempt: where the next one cuts the journal.</summary>
    public long? TruncateAt { get; init; }

    /// <summary>For a failed attempt: the seqs of the failures that ended it.</summary>
    public IReadOnlyList<long> Carried { get; init; } = [];

    /// <summary>Everything about it that must never change.</summary>
    public string Fingerprint { get; init; } = "";
}

using System.Text.Json;

namespace Worker.Scripted;

/// <summary>One command of a script; which properties it needs depends on <see cref="Op"/>.</summary>
public sealed record ScriptCommand
{
    /// <summary>step, sleep, parallel, race, repeat, guard, fail or exit.</summary>
    public string? Op { get; init; }

    /// <summary>step: its name.</summary>
    public string? Name { get; init; }

    /// <summary>step: what its body is given.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>step: what its body results in.</summary>
    public JsonElement? Output { get; init; }

    /// <summary>step, sleep: how long it takes.</summary>
    public double Millis { get; init; }

    /// <summary>step: the attempts from 1 to this one fail.</summary>
    public int FailTimes { get; init; }

    /// <summary>step: how many attempts it has, by default 3.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>step: the delay before its second attempt, by default 100.</summary>
    public double? BackoffMillis { get; init; }

    /// <summary>step: the file that its body appends a line to when it begins and when it ends.</summary>
    public string? SideEffectFile { get; init; }

    /// <summary>parallel, race: commands that run side by side.</summary>
    public IReadOnlyList<IReadOnlyList<ScriptCommand>>? Branches { get; init; }

    /// <summary>repeat: how often.</summary>
    public int Times { get; init; }

    /// <summary>repeat, guard: what.</summary>
    public IReadOnlyList<ScriptCommand>? Commands { get; init; }

    /// <summary>guard: what follows if the execution is asked to stop before its commands are done.</summary>
    public IReadOnlyList<ScriptCommand>? Cleanup { get; init; }

    /// <summary>fail: with what.</summary>
    public string? Message { get; init; }
}

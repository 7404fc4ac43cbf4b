namespace Hydra;

/// <summary>
/// What went wrong, as inert data: an exception is recorded as text and never built again from a store.
/// </summary>
/// <param name="Type">The full name of the exception's type.</param>
/// <param name="Message">Its message.</param>
/// <param name="Stack">Its stack trace, when it had one.</param>
/// <param name="Inner">The failures it wraps, in order.</param>
/// <param name="NonRetryable">Whether it said itself that trying again is of no use.</param>
public sealed record Failure(
    string Type,
    string Message,
    string? Stack = null,
    IReadOnlyList<Failure>? Inner = null,
    bool NonRetryable = false)
{
    /// <summary>Reads a recorded failure.</summary>
    /// <param name="payload">
    /// The output of a <see cref="Storage.JournalEntry"/> that failed, or the failure of a
    /// <see cref="Storage.StepTry"/>.
    /// </param>
    /// <returns>
    /// Null when the payload is none. One that cannot be read, because it is encrypted or damaged, is of the type
    /// "unknown", and its message says so.
    /// </returns>
    public static Failure? Read(Payload payload) => payload.IsNone ? null : Engine.EngineJson.ReadFailure(payload);

    /// <summary>The type and message on one line.</summary>
    public override string ToString() => $"{Type}: {Message}";
}

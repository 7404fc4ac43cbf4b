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
    /// <summary>The type and message on one line.</summary>
    public override string ToString() => $"{Type}: {Message}";
}

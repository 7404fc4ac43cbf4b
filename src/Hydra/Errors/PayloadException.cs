namespace Hydra;

/// <summary>A value cannot become a payload, or a payload cannot become a value.</summary>
/// <param name="message">What was wrong and what to do.</param>
/// <param name="inner">The serializer's own exception, when there is one.</param>
public sealed class PayloadException(string message, Exception? inner = null) : HydraException(message, inner)
{
    /// <summary>Whether it is for ever: the key of the subject whose data it is was destroyed.</summary>
    public bool IsShredded { get; internal init; }
}

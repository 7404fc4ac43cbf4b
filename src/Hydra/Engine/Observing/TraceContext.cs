using System.Diagnostics;
using Hydra.Storage;

namespace Hydra.Engine.Observing;

/// <summary>
/// The trace that a start belongs to, as a text that goes with the execution: a traceparent of W3C, and behind a space
/// the tracestate where there is one and it fits.
/// </summary>
internal static class TraceContext
{
    /// <summary>The context of the calling code; empty when it is in no trace.</summary>
    public static string Capture()
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } current)
        {
            return "";
        }

        var state = current.TraceStateString;
        return string.IsNullOrEmpty(state) || id.Length + 1 + state.Length > StoreRules.MaxKeyLength
            || !StoreRules.IsStorable(state)
                ? id
                : $"{id} {state}";
    }

    /// <summary>Reads what was captured; null when it is empty, or not what this version writes.</summary>
    public static ActivityContext? Read(string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        var (parent, state) = end < 0 ? (text, null) : (text[..end], text[(end + 1)..]);
        return ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : null;
    }
}

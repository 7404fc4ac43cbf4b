using Hydra.Storage;

namespace Hydra.Engine.Replay;

/// <summary>What the turn loop needs of the world: the time, a pump, and somewhere to report misuse.</summary>
internal interface ITurnHost
{
    /// <summary>The time for the next outcome.</summary>
    Instant Now();

    /// <summary>Asks for a pump, from any thread.</summary>
    void Wake();

    /// <summary>Fires a body's token outside the turn, so that no body goes on inside it.</summary>
    void CancelLater(CancellationTokenSource source);

    /// <summary>Reports workflow code that left its scheduler, from any thread.</summary>
    void ReportViolation(string message);
}

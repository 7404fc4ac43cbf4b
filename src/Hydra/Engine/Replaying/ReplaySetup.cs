using Hydra.Engine.Workers;

namespace Hydra.Engine.Replaying;

/// <summary>What every replay of an engine shares: its code, and nothing that could write.</summary>
/// <param name="Runtime">Runs the code and measures its time.</param>
/// <param name="Serializer">Reads what is recorded.</param>
/// <param name="Registry">Today's code.</param>
/// <param name="Services">What workflow classes are made from.</param>
/// <param name="Check">Throws when a workflow class needs a service that is not there.</param>
/// <param name="Log">Where trouble goes that is nobody's.</param>
internal sealed record ReplaySetup(
    EngineRuntime Runtime,
    PayloadSerializer Serializer,
    WorkflowRegistry Registry,
    IServiceProvider Services,
    Action<string> Check,
    EngineLog Log)
{
    /// <summary>Decodes what whoever has read the execution could not; null where nothing is encoded.</summary>
    public RowCodec? Codec { get; init; }
}

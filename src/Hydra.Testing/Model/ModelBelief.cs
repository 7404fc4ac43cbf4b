namespace Hydra.Testing;

/// <summary>What a session thinks to own. Nobody tells it when it no longer does: it is a zombie then.</summary>
internal sealed class ModelBelief(ExecutionRow row, long lastSeq)
{
    public ExecutionRow Row { get; } = row;

    public long LastSeq { get; set; } = lastSeq;

    public long Mail { get; set; } = row.Mail;
}

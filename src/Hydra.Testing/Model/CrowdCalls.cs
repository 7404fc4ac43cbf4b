using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Hydra.Testing;

/// <summary>The calls of a round of a <see cref="CrowdWorld"/>, those of each session in their order.</summary>
internal sealed class CrowdCalls
{
    public ConcurrentQueue<(ModelSession Session, ClaimRequest Request, ClaimAnswer Answer)> Claims { get; } = [];

    public ConcurrentQueue<(ModelSession Session, MaintenanceRequest Request, MaintenanceAnswer Answer)> Rounds { get; }
        = [];

    public ConcurrentQueue<(ModelSession Session, CommitBatch Batch, CommitAnswer Answer)> Commits { get; } = [];

    /// <summary>
    /// Whether a round of maintenance was undone in its midst: what it had done before, page by page, nobody was told.
    /// </summary>
    public bool IsUntold { get; set; }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (session, request, answer) in Claims)
        {
            Append($"claim {request}", session, ModelStores.Render(answer));
        }

        foreach (var (session, request, answer) in Rounds)
        {
            Append($"maintain {request}", session, ModelStores.Render(answer));
        }

        foreach (var (session, batch, answer) in Commits)
        {
            Append($"commit {string.Join("; ", batch.Operations)}", session, string.Join("; ", answer.Answers));
        }

        return text.ToString();

        void Append(string call, ModelSession session, string answer) =>
            text.AppendLine(CultureInfo.InvariantCulture, $"  {session.Index} {call}\n      {answer}");
    }
}

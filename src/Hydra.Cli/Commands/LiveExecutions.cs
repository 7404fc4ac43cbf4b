using System.Runtime.CompilerServices;

namespace Hydra.Cli.Commands;

/// <summary>The executions that a filter of replays is about, with all that is recorded of them.</summary>
internal sealed class LiveExecutions(IHydraClient client, ReplayFilter filter)
{
    public int Limit => filter.Limit;

    /// <summary>Whether there are more than the limit allows; known once all are read.</summary>
    public bool AtLimit { get; private set; }

    public async IAsyncEnumerable<ExecutionDetails> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, nameof(filter.Limit));
        var oneMore = filter with { Limit = filter.Limit == int.MaxValue ? int.MaxValue : filter.Limit + 1 };
        var count = 0;
        await foreach (var row in client.SelectAsync(oneMore, cancellationToken))
        {
            if (count++ == filter.Limit)
            {
                AtLimit = true;
                yield break;
            }

            ExecutionDetails details;
            try
            {
                details = await client.Execution(row.Id).DescribeAsync(cancellationToken);
            }
            catch (ExecutionNotFoundException)
            {
                continue; // Removed since it was listed.
            }

            yield return details;
        }
    }
}

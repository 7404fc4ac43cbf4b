using Hydra;

namespace Teller;

/// <summary>What was moved, and by whom. Nothing keeps one from being there twice but the engine.</summary>
internal sealed class LedgerLine
{
    private const int Worthwhile = 700;

    private static int _lines;

    public required string Receipt { get; init; }

    public required string Execution { get; init; }

    public required string Step { get; init; }

    public required int Source { get; init; }

    public required int Target { get; init; }

    public required int Amount { get; init; }

    /// <summary>The line that a body writes; each time it begins it has another receipt.</summary>
    public static LedgerLine Write(Transfer transfer)
    {
        if (Interlocked.Increment(ref _lines) == Worthwhile)
        {
            Console.WriteLine("worthwhile"); // Who kills it waits for that.
        }

        return new LedgerLine
        {
            Receipt = Guid.NewGuid().ToString("N"),
            Execution = StepContext.Current!.ExecutionId.ToString(),
            Step = StepContext.Current.StepKey,
            Source = transfer.Source,
            Target = transfer.Target,
            Amount = transfer.Amount,
        };
    }
}

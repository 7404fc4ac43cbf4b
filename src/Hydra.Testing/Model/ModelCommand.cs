namespace Hydra.Testing;

/// <summary>One step of a random sequence: what kind, and the seed from which its details are drawn.</summary>
/// <remarks>Details are drawn when it runs, from what is there then: any steps may be left out.</remarks>
internal readonly record struct ModelCommand(ModelAction Action, int Seed)
{
    private static readonly (ModelAction Action, int Weight)[] Weights =
    [
        (ModelAction.Start, 14),
        (ModelAction.Claim, 22),
        (ModelAction.Advance, 12),
        (ModelAction.Settle, 22),
        (ModelAction.Batch, 6),
        (ModelAction.Cancel, 7),
        (ModelAction.Terminate, 3),
        (ModelAction.Retry, 7),
        (ModelAction.Resubmit, 6),
        (ModelAction.Pass, 12),
        (ModelAction.Crash, 6),
        (ModelAction.Maintain, 9),
        (ModelAction.Land, 8),
        (ModelAction.Delete, 3),
        (ModelAction.Schedule, 6),
        (ModelAction.Key, 5),
        (ModelAction.Read, 12),
        (ModelAction.Reopen, 1),
        (ModelAction.Open, 2),
        (ModelAction.Close, 2),
    ];

    public static List<ModelCommand> Generate(int seed, int count)
    {
        var random = new Random(seed);
        var all = Weights.SelectMany(entry => Enumerable.Repeat(entry.Action, entry.Weight)).ToArray();
        var commands = new List<ModelCommand>();
        for (var i = 0; i < count; i++)
        {
            commands.Add(new ModelCommand(all[random.Next(all.Length)], random.Next()));
        }

        return commands;
    }
}

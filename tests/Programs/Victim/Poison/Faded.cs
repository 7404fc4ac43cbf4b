namespace Victim.Poison;

/// <summary>The result of a step that can be read in the process that made it, and throws in every other.</summary>
internal sealed record Faded
{
    public Faded(int number, int maker)
    {
        if (!PoisonWorker.IsFixed && maker != Environment.ProcessId)
        {
            throw new InvalidOperationException("Poison in an output.");
        }

        (Number, Maker) = (number, maker);
    }

    public int Number { get; }

    public int Maker { get; }
}

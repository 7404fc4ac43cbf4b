namespace Hydra.Testing;

/// <summary>One call of a random sequence of rounds: when, who makes it, and the seed from which it is drawn.</summary>
/// <param name="Round">The round, from 0. In even ones sessions call one after the other, in odd ones at once.</param>
/// <param name="Session">The index of the session.</param>
/// <param name="Seed">Tells what it calls. Details are drawn when it runs, so any command may be left out.</param>
internal readonly record struct ConcurrentCommand(int Round, int Session, int Seed)
{
    private const int Rounds = 24;

    /// <summary>Whether the calls of its round are made at once.</summary>
    public bool IsTogether => Round % 2 == 1;

    public static List<ConcurrentCommand> Generate(int seed, int sessions)
    {
        var random = new Random(seed);
        var commands = new List<ConcurrentCommand>();
        for (var round = 0; round < Rounds; round++)
        {
            for (var session = 0; session < sessions; session++)
            {
                for (var count = round % 2 == 0 ? 1 : random.Next(1, 3); count > 0; count--)
                {
                    commands.Add(new ConcurrentCommand(round, session, random.Next()));
                }
            }
        }

        return commands;
    }
}

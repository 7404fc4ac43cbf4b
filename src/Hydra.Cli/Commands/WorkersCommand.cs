using System.CommandLine;
using Hydra.Storage;

namespace Hydra.Cli.Commands;

/// <summary>Lists the worker sessions.</summary>
internal static class WorkersCommand
{
    public static Command Create(CommandRunner runner)
    {
        var command = new Command("workers", "Lists the workers and what they know.");
        command.SetAction(runner.Action(_ => async (client, terminal, cancellationToken) =>
        {
            Print(await client.WorkersAsync(cancellationToken), terminal);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Print(IReadOnlyList<SessionRow> sessions, Terminal terminal)
    {
        if (terminal.Json)
        {
            terminal.WriteJson(writer =>
            {
                writer.WriteStartArray();
                foreach (var session in sessions)
                {
                    ExecutionJson.Write(writer, session);
                }

                writer.WriteEndArray();
            });
            return;
        }

        if (sessions.Count == 0)
        {
            terminal.WriteLine("No workers.");
            return;
        }

        var table = new Listing(
            new Column("Worker", Shrinks: true),
            new Column("Host", Rank: 2, Shrinks: true),
            new Column("Build", Rank: 4),
            new Column("Slots", Rank: 1, IsNumber: true),
            new Column("Since", Rank: 5),
            new Column("Last beat", Rank: 3),
            new Column("Lease"),
            new Column("Workflows", Shrinks: true));
        foreach (var session in sessions)
        {
            table.Add(
                session.Worker,
                session.Host,
                Tables.Short(session.Build, 16),
                Tables.Number(session.Concurrency),
                Tables.Time(session.StartedAt),
                Tables.Time(session.LastBeatAt),
                Liveness.IsLive(session) ? "live" : "ended",
                string.Join(", ", session.Workflows));
        }

        terminal.Write(table);
    }
}

using System.CommandLine;

namespace Hydra.Cli.Commands;

/// <summary>Prints the script that makes a shell complete commands and options.</summary>
/// <remarks>
/// The scripts ask the command itself at every press of the key, through the directive that every command line of this
/// kind understands, so they never grow old.
/// </remarks>
internal static class CompletionCommand
{
    private const string Bash = """
        # hydra completion for bash. Add to ~/.bashrc: eval "$(hydra completion bash)"
        _hydra_complete() {
          local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
          COMPREPLY=($(compgen -W "$(hydra "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _hydra_complete hydra
        """;

    private const string Zsh = """
        # hydra completion for zsh. Add to ~/.zshrc, after compinit: eval "$(hydra completion zsh)"
        _hydra() {
          local line="${words[1,CURRENT]}"
          local -a completions=(${(f)"$(hydra "[suggest:${#line}]" "$line" 2>/dev/null)"})
          compadd -- "${completions[@]}"
        }
        compdef _hydra hydra
        """;

    private const string Fish = """
        # hydra completion for fish. Add to ~/.config/fish/config.fish: hydra completion fish | source
        function __hydra_complete
          set -l line (commandline -cp)
          hydra "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c hydra -f -a '(__hydra_complete)'
        """;

    private const string Pwsh = """
        # hydra completion for PowerShell. Add to $PROFILE: hydra completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName hydra -ScriptBlock {
          param($wordToComplete, $commandAst, $cursorPosition)
          hydra "[suggest:$cursorPosition]" "$commandAst" 2>$null |
            Where-Object { $_ -like "$wordToComplete*" } |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = Bash,
        ["zsh"] = Zsh,
        ["fish"] = Fish,
        ["pwsh"] = Pwsh,
    };

    public static Command Create(CommandRunner runner)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        var command = new Command("completion", "Prints the script that makes a shell complete hydra's commands.")
        {
            shell,
        };
        command.SetAction(parse =>
        {
            runner.Terminal(parse).WriteLine(Scripts[parse.GetRequiredValue(shell)].ReplaceLineEndings("\n"));
            return ExitCode.Done;
        });
        return command;
    }
}

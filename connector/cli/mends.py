"""The exact steps by which a technician mends a Microsoft 365 tenant: least privilege, to be pasted."""

from __future__ import annotations

from urllib.parse import urlsplit

CERTIFICATE = (
    "run `connector keys certificate`, then in the Entra admin centre open App registrations, the app,"
    " Certificates & secrets, Certificates, Upload certificate, and choose the .cer it made"
)
SIGN_IN = (
    "the line above names what Microsoft said; compare tenant and client_id with the app's Overview page, and see that"
    " this machine reaches login.microsoftonline.com and that its clock is right"
)
CONSENT = (
    "Entra admin centre, App registrations, the app, API permissions, Add a permission, Microsoft Graph,"
    " Application permissions, Sites.Selected; then Grant admin consent"
)


def grant_site(site: str, client_id: str) -> str:
    """The grant of the app on the one site."""
    parts = urlsplit(site)
    return (
        "an administrator runs in PowerShell:\n"
        "           Connect-MgGraph -Scopes Sites.FullControl.All\n"
        f'           $site = Get-MgSite -SiteId "{parts.hostname}:{parts.path}"\n'
        '           New-MgSitePermission -SiteId $site.Id -BodyParameter @{ roles = @("write");'
        f' grantedToIdentities = @(@{{ application = @{{ id = "{client_id}"; displayName = "Connector" }} }}) }}'
    )


def reach(site: str, client_id: str, *, has_drive: bool) -> str:
    """A site that the app may not reach: the consent, the grant, and the way round a look-up that is not allowed."""
    drive = (
        ""
        if has_drive
        else "\n         or, for an app that is granted the library alone, set `drive` to the library's drive id"
    )
    return f"{grant_site(site, client_id)}\n         and: {CONSENT}{drive}"


def scope_mailbox(mailbox: str, client_id: str) -> str:
    """Mail from the one mailbox and no other (RBAC for Applications; ms365.md 3.1)."""
    return (
        "remove Mail.Send from the app's API permissions in Entra if it is there, then an Exchange administrator:\n"
        "           Connect-ExchangeOnline   # in a new tenant, once: Enable-OrganizationCustomization\n"
        f'           New-ServicePrincipal -AppId "{client_id}" -ObjectId "<object id under ENTERPRISE applications>"'
        ' -DisplayName "Concern Connector"\n'
        '           New-ManagementScope -Name "Safeguarding alerts mailbox"'
        f" -RecipientRestrictionFilter \"PrimarySmtpAddress -eq '{mailbox}'\"\n"
        '           New-ManagementRoleAssignment -App "<the same object id>" -Role "Application Mail.Send"'
        ' -CustomResourceScope "Safeguarding alerts mailbox"\n'
        f'           Test-ServicePrincipalAuthorization -Identity "<the same object id>" -Resource {mailbox}\n'
        "         a change takes 30 minutes to 2 hours"
    )


def columns(missing: list[str], kinds: dict[str, str], site: str, library: str) -> str:
    """The columns that are not there, as PnP PowerShell."""
    kinds_there = {"text": "Text", "dateTime": "DateTime", "boolean": "Boolean", "number": "Number"}
    lines = [
        f'           Add-PnPField -List "{library}" -DisplayName "{name}" -InternalName "{name}"'
        f" -Type {kinds_there[kinds[name]]} -AddToDefaultView"
        for name in missing
    ]
    return "\n".join(
        [
            f"filed without them. In PowerShell: Connect-PnPOnline {site} -Interactive -ClientId <your PnP app>",
            *lines,
        ]
    )


TAKE_AWAY = (
    "in SharePoint open the library, Settings, Library settings, Permissions for this library, and take it away; or, if"
    " they may read every record, add to `allowed`: a site group by its name, a person by their address, a group of the"
    " directory by its object id"
)
SHARING = (
    "in SharePoint: Site settings, Site permissions, Change how members can share, 'Only site owners can share';"
    " SharePoint admin centre, Active sites, the site, Sharing, 'Only people in your organisation'"
)
WEBHOOK = (
    "in Teams: the chat or channel, Workflows, 'Send webhook alerts to a chat' (or channel); copy its address into the"
    " secret that `webhook` names"
)
ACTIVITY = (
    "in Teams admin centre install the app for each person of the ladder (Setup policies, Installed apps), and in Entra"
    " consent to TeamsActivity.Send, or let the app's own manifest ask for TeamsActivity.Send.User"
)
FLOW = "send one test response through the form, or look at the flow in Power Automate: switched off, or failing?"

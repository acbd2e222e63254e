
#!/bin/sh
touch /etc/ran-a
